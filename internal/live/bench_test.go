package live_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/hardstrap/hardstrap/internal/compare"
	"github.com/hardstrap/hardstrap/internal/live"
	"github.com/hardstrap/hardstrap/internal/pipeline"
	"github.com/hardstrap/hardstrap/internal/snapshot"
	"github.com/hardstrap/hardstrap/internal/testnode"
)

// strict is the node that the benchmarks look at: the profile with the most settings.
func strict() testnode.Node {
	return testnode.Node{Minor: "1.37", Profile: "restricted", Role: "control-plane"}
}

func wanted(b *testing.B, n testnode.Node) *compare.Wanted {
	b.Helper()
	p, err := pipeline.New("bench")
	if err != nil {
		b.Fatal(err)
	}
	_, w, err := p.Wanted(testnode.Profile(b, n.Profile, n.Minor), time.Now())
	if err != nil {
		b.Fatal(err)
	}
	return w
}

// BenchmarkNode is one node's files against its profile, the profile read already.
func BenchmarkNode(b *testing.B) {
	root := b.TempDir()
	testnode.Write(b, root, strict())
	w := wanted(b, strict())
	b.ReportAllocs()
	for b.Loop() {
		c := compare.New(w)
		if err := live.Look(context.Background(), live.Sources{Roots: []string{root}, Modes: w.Files(), Now: time.Now()}, c.Add); err != nil {
			b.Fatal(err)
		}
		c.Report()
	}
}

// BenchmarkSnapshots is a thousand snapshots in one run; peak-MiB is the most that was in use after any of them.
func BenchmarkSnapshots(b *testing.B) {
	const many = 1000
	root := b.TempDir()
	testnode.Write(b, root, strict())
	var packed bytes.Buffer
	if err := snapshot.Write(&packed, snapshot.Options{Root: root, Now: time.Now()}); err != nil {
		b.Fatal(err)
	}
	var files []string
	for i := range many {
		file := filepath.Join(b.TempDir(), fmt.Sprintf("node-%d.tar.gz", i))
		if err := os.WriteFile(file, packed.Bytes(), 0o600); err != nil {
			b.Fatal(err)
		}
		files = append(files, file)
	}
	w := wanted(b, strict())
	for b.Loop() {
		var peak uint64
		c := compare.New(w)
		err := live.Look(context.Background(), live.Sources{Snapshots: files, Modes: w.Files(), Now: time.Now(), Progress: func(string, int, int) {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			peak = max(peak, m.HeapInuse)
		}}, c.Add)
		if err != nil {
			b.Fatal(err)
		}
		if got := len(c.Report().Subjects); got != many {
			b.Fatalf("%d subjects", got)
		}
		b.ReportMetric(float64(peak)/(1<<20), "peak-MiB")
	}
}

// BenchmarkWholeRun is whole runs of the program: CPU time in the kernel and outside, and the peak resident set. The
// peer is a run that does nothing but start and read the profile.
func BenchmarkWholeRun(b *testing.B) {
	root, program := b.TempDir(), filepath.Join(b.TempDir(), "hardstrap")
	testnode.Write(b, root, strict())
	if said, err := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", program, "../../cmd/hardstrap").CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, said)
	}
	profile := testnode.Profile(b, strict().Profile, strict().Minor)
	for name, args := range map[string][]string{
		"diff a node's files":    {"diff", profile, "--root", root},
		"profile validate alone": {"profile", "validate", "--quiet", profile},
	} {
		b.Run(name, func(b *testing.B) {
			var cpu time.Duration
			var resident int64
			for b.Loop() {
				run := exec.Command(program, args...)
				if err := run.Run(); err != nil {
					b.Fatal(err)
				}
				cpu += run.ProcessState.UserTime() + run.ProcessState.SystemTime()
				if usage, ok := run.ProcessState.SysUsage().(*syscall.Rusage); ok {
					resident = max(resident, usage.Maxrss)
				}
			}
			b.ReportMetric(float64(cpu.Milliseconds())/float64(b.N), "cpu-ms/op")
			b.ReportMetric(float64(resident)/1024, "peak-MiB")
		})
	}
}
