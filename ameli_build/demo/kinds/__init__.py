"""One drawing function a kind of product; a `Subject` goes in, its canvas is drawn on."""
