"""What a run leaves behind, the same for every pipeline: the ONNX file checked against PyTorch, weights, the card."""
