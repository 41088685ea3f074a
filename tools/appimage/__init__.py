"""The Flask application's image, built for real from its Dockerfile as it stands."""
