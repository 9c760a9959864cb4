"""What the kinds know about file formats: encodings, CSV dialects, JSON's grammar, the blocks of images."""
