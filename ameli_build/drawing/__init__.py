"""Pictures of made-up products for the demo and for the training of its image model: drawings, rooms, packaging."""
