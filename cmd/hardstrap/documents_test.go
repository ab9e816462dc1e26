package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hardstrap/hardstrap/internal/settings"
	"github.com/hardstrap/hardstrap/internal/testnode"
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
			if slices.Contains(words, "cp-1") {
				driftedNode(t, "cp-1")
			}
			var said bytes.Buffer
			run(words[1:], &world{out: &said, err: &said, columns: 100, version: "test", now: func() time.Time { return time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC) }})
			if diff := cmp.Diff(shown, said.String()); diff != "" {
				t.Errorf("$ %s (-document +program):\n%s", command, diff)
			}
		default:
			t.Errorf("a document shows a command that this test cannot run: %s", command)
		}
	}
}

// driftedNode lays down the control-plane node cp-1 of the documents: as the profile restricted wants it, but for three
// changes.
func driftedNode(t *testing.T, dir string) {
	t.Helper()
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	testnode.Write(t, dir, testnode.Node{Minor: "1.37", Profile: "restricted", Role: settings.ControlPlane})
	if err := os.RemoveAll(filepath.Join(dir, "var/lib/etcd")); err != nil { // another user's, whom only root can give it to
		t.Fatal(err)
	}
	user, group := strconv.Itoa(os.Getuid()), strconv.Itoa(os.Getgid()) // who runs the test is the node's root
	for _, change := range [][3]string{
		{"etc/passwd", "root:x:0:0:", "root:x:" + user + ":" + group + ":"},
		{"etc/group", "root:x:0:", "root:x:" + group + ":"},
		{"etc/kubernetes/manifests/kube-apiserver.yaml", "--profiling=false", "--profiling=true"},
		{"etc/kubernetes/hardstrap/audit/policy.yaml", "- level: Metadata", "- level: None"},
		{"var/lib/kubelet/config.yaml", "podPidsLimit: 4096", "podPidsLimit: 16384"},
	} {
		file := filepath.Join(dir, change[0])
		before, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		after := strings.Replace(string(before), change[1], change[2], 1)
		if after == string(before) && change[1] != change[2] {
			t.Fatalf("%s does not have %q", file, change[1])
		}
		if err := os.WriteFile(file, []byte(after), 0o600); err != nil { // the mode stays
			t.Fatal(err)
		}
	}
}
