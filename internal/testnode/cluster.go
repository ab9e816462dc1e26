package testnode

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/hardstrap/hardstrap/internal/diag"
	"github.com/hardstrap/hardstrap/internal/pipeline"
	"github.com/hardstrap/hardstrap/profiles"
)

// Profile writes a profile that is a built-in one on a minor, as a user would, and returns its file.
func Profile(t testing.TB, name, minor string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name+".yaml")
	text := "apiVersion: " + profiles.APIVersion + "\nkind: " + profiles.Kind + "\nmetadata: {name: " + name + "}\n" +
		"extends: [" + name + "]\nkubernetesVersion: \"" + minor + "\"\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// Cluster is a built-in profile on a minor with its bundle: what a node of theirs is to be compared with.
func Cluster(t testing.TB, profile, minor string) *pipeline.Cluster {
	t.Helper()
	p, err := pipeline.New("test")
	if err != nil {
		t.Fatal(err)
	}
	c, err := p.Bundle(Profile(t, profile, minor), "out", pipeline.PlaceholderKeys)
	if err != nil {
		t.Fatal(diag.As(err))
	}
	return c
}
