"""What AWS judges and moto does not; each rule names its source."""
