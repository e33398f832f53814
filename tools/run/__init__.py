"""`make run`: the whole pipeline on this machine, at ports that nothing else uses."""
