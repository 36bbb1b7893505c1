"""Ways to alter the settings of a model that was copied for it."""

import json


def change(folder, **settings):
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | settings))


def forget_weights(folder):
    settings = json.loads((folder / "config.json").read_text())
    del settings["weights_sha256"]
    (folder / "config.json").write_text(json.dumps(settings))
