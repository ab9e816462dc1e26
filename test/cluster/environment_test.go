package cluster

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// environment is what run.sh hands over.
type environment struct {
	profile string // built-in profile under test
	started string // what the run was started for: the profile, or plain
	version string // of Kubernetes, as the cluster has it
	target  string // the version that the run is about
	from    string // version that the upgrade starts from
	root    string // of the repository
	parts   string // directory of what was built: see build.sh
	scratch string // directory for the nodes, profiles and keys of this test
	logs    string // directory for what failed runs leave behind
	results string // directory for what was seen
	began   time.Time
}

func readEnvironment(t *testing.T) environment {
	t.Helper()
	need := func(name string) string {
		value := os.Getenv(name)
		if value == "" {
			t.Fatalf("%s is not set: start these tests with test/cluster/run.sh", name)
		}
		return value
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	return environment{
		profile: need("PROFILE"), started: need("PROFILE"), version: need("VERSION"), target: need("VERSION"), from: os.Getenv("FROM"), root: root,
		parts: need("PARTS"), scratch: filepath.Join(need("SCRATCH"), t.Name()), logs: need("LOGS"), results: need("RESULTS"), began: time.Now(),
	}
}

// say prints progress: a run takes minutes, and CI ends what is silent.
func (e environment) say(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "%4.0fs  %s\n", time.Since(e.began).Seconds(), fmt.Sprintf(format, args...))
}

// part returns the path of a built program.
func (e environment) part(name string) string { return filepath.Join(e.parts, name) }

// kubernetes returns the directory with the components of a version.
func (e environment) kubernetes(version string) string {
	return filepath.Join(e.parts, "kubernetes-"+version)
}

// minor returns 37 for 1.37.0.
func minor(version string) int {
	var n int
	_, _ = fmt.Sscanf(strings.TrimPrefix(version, "1."), "%d", &n)
	return n
}
