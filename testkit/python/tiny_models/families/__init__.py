"""All families of models, by the name of the model that is made of each; a family is added in a file of its kind."""

from . import dense, embedding_models, hybrids, mixtures

FAMILIES = {**dense.FAMILIES, **mixtures.FAMILIES, **hybrids.FAMILIES, **embedding_models.FAMILIES}
