"""Saves an ONNX file as an MLflow model. Arguments: file, folder."""
import sys

import mlflow.onnx
import onnx

mlflow.onnx.save_model(onnx.load(sys.argv[1]), sys.argv[2])
