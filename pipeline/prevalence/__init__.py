"""How common each code is, corrected for the machine's errors, and the sample to hand-code for it."""
