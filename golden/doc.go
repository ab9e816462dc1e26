// Package golden owns the rendered bundles as they should be, <profile>/<minor>/..., and
// compares them with what is rendered now. It contains nothing but the comparison. Start
// reading at TestGolden; `make golden` writes the trees anew.
package golden
