"""How good a model is: mAP, precision and recall, as the field computes them."""
