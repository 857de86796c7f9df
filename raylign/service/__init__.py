"""The service: REST API, dispatcher, local Ray."""
