"""The diagrams of the course, drawn by code."""

from pictures import answers, data, layers, networks, training
from pictures.canvas import PICTURES

__all__ = ["PICTURES", "answers", "data", "layers", "networks", "training"]
