"""How good labels and models are: overlap, precision, recall and mAP, as the field computes them."""
