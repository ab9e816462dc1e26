package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var consoleBlock = regexp.MustCompile("(?ms)^```console\n(.*?)^```$")

// TestConsolesInDocuments runs what the documents show of a terminal: a file that is shown by
// cat is written, and what hardstrap is shown to say is what it says.
func TestConsolesInDocuments(t *testing.T) {
	files, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	ran := 0
	for _, file := range append(files, "../../README.md") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range consoleBlock.FindAllSubmatchIndex(text, -1) {
			block := string(text[m[2]:m[3]])
			line := 1 + bytes.Count(text[:m[0]], []byte("\n"))
			t.Run(fmt.Sprintf("%s:%d", filepath.Base(file), line), func(t *testing.T) { replay(t, block) })
			ran++
		}
	}
	if ran == 0 {
		t.Error("no document shows a terminal")
	}
}

// replay runs one terminal's commands in a folder of its own.
func replay(t *testing.T, block string) {
	t.Chdir(t.TempDir())
	t.Setenv("XDG_CONFIG_HOME", t.TempDir()) // no tool settings of whoever runs the test
	for _, step := range strings.Split("\n"+block, "\n$ ")[1:] {
		command, shown, _ := strings.Cut(step, "\n")
		shown = strings.TrimRight(shown, "\n") + "\n"
		words := strings.Fields(command)
		switch words[0] {
		case "cat":
			if err := os.MkdirAll(filepath.Dir(words[1]), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(words[1], []byte(shown), 0o600); err != nil {
				t.Fatal(err)
			}
		case "hardstrap":
			var said bytes.Buffer
			run(words[1:], &world{out: &said, err: &said, version: "test", now: func() time.Time { return time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC) }})
			if diff := cmp.Diff(shown, said.String()); diff != "" {
				t.Errorf("$ %s (-document +program):\n%s", command, diff)
			}
		default:
			t.Errorf("a document shows a command that this test cannot run: %s", command)
		}
	}
}
