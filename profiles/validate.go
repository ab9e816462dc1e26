package profiles

import "github.com/hardstrap/hardstrap/internal/diag"

func validate(l *Loaded, t *taint) diag.List { return nil }
