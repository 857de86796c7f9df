"""The one name that an engine has for its model: nobody who asks reads a path."""

SERVED_AS = "model"
