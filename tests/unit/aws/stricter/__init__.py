"""Rules of AWS that moto does not have, each with its source."""
