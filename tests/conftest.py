"""Its being here puts this folder on the path, so that rooms' tests share the modules beside it."""
