"""The settings of all roles: their types, and what a type cannot say about them."""
