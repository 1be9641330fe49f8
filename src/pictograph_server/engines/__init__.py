"""Networks that label and networks that are trained. They know no database, no settings and no request."""
