"""Pages become a site: a Quarto project, rendered by Quarto or by the embedded renderer."""
