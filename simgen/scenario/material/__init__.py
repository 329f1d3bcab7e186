"""What things are made of: procedural colour, roughness and relief in metres, one file a family."""
