"""SageMaker's SearchExpression language over plain records: what Search knows, refuses and finds. Pure."""
