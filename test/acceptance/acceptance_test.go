package acceptance

import (
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
	"sync"
	"testing"
)

// setting is an environment variable that run.sh sets.
func setting(t *testing.T, name string) string {
	t.Helper()
	value := os.Getenv(name)
	if value == "" {
		t.Fatalf("%s is not set: run test/acceptance/run.sh, which builds what this needs", name)
	}
	return value
}

// built are the programs made from the minor's modules.
func built(t *testing.T) programs {
	t.Helper()
	return programs{kube: setting(t, "KUBE"), etcd: setting(t, "ETCD"), pki: setting(t, "PKI"), making: &sync.Mutex{}}
}

// summary collects a line for every bundle, and prints them sorted when all are done.
type summary struct {
	mu    sync.Mutex
	lines []string
}

func (s *summary) add(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines = append(s.lines, fmt.Sprintf(format, args...))
}

func (s *summary) print() {
	sort.Strings(s.lines)
	for _, line := range s.lines {
		fmt.Println(line)
	}
}

// TestBundles gives every file of every rendered bundle to the code that will read it on a node.
func TestBundles(t *testing.T) {
	minor, p := setting(t, "MINOR"), built(t)
	results := &summary{}
	t.Cleanup(results.print)
	for _, b := range bundlesOf(t, setting(t, "BUNDLES"), minor) {
		t.Run(b.profile, func(t *testing.T) {
			t.Parallel()
			judge(t, b, p)
			b.account(t, results)
		})
	}
}

// judge runs every check on a bundle.
func judge(t *testing.T, b *bundle, p programs) {
	t.Helper()
	if err := b.kubeadm(p, t.TempDir()); err != nil {
		t.Error(err)
	}
	if err := b.host(t.TempDir()); err != nil {
		t.Error(err)
	}
	n, err := newNode(b, p, t.TempDir())
	if err != nil {
		t.Error(err)
		return
	}
	r := &run{node: n, programs: p}
	defer r.close()
	for _, s := range stages() {
		if err := s.check(r); err != nil {
			t.Errorf("%s: %v", s.name, err)
		}
	}
	if !t.Failed() {
		// Everything that init.yaml holds has been read by what it is for.
		b.accept("every component", controlPlane+"/"+kubeadmDir+"/init.yaml")
	}
}

// account says what became of every file, and fails on one that nothing looked at.
func (b *bundle) account(t *testing.T, results *summary) {
	t.Helper()
	accepted, judged, byTool := 0, 0, 0
	var apart []string
	for _, file := range b.files {
		tools, other := b.tooled[file]
		switch {
		case len(b.accepted[file]) > 0:
			accepted++
			judged++
		case other && len(tools) > 0:
			byTool++
			apart = append(apart, fmt.Sprintf("%s (%s)", file, strings.Join(tools, ", ")))
		case other:
			apart = append(apart, file+" (no tool here to check it)")
		default:
			judged++
			t.Errorf("%s: no component accepted it", file)
		}
	}
	for _, note := range b.notes {
		t.Log("stand-in: " + note)
	}
	if testing.Verbose() {
		t.Logf("read by no component:\n  %s", strings.Join(apart, "\n  "))
	}
	state := "accepted"
	if t.Failed() {
		state = "REJECTED"
		accepted = min(accepted, judged-1)
	}
	results.add("%s %-24s %s %d/%d files; %d more are read by no component (%d checked by a tool)", b.minor, b.profile, state, accepted, judged, len(apart), byTool)
}

// kubeadm gives kubeadm's files to `kubeadm config validate`, which is strict where init and join only warn.
func (b *bundle) kubeadm(p programs, dir string) error {
	files := []string{
		controlPlane + "/" + kubeadmDir + "/init.yaml", controlPlane + "/" + kubeadmDir + "/join.yaml",
		controlPlane + "/" + kubeadmDir + "/upgrade.yaml", worker + "/" + kubeadmDir + "/join.yaml",
		worker + "/" + kubeadmDir + "/upgrade.yaml",
	}
	for _, file := range files {
		if !b.has(file) {
			continue
		}
		data, err := os.ReadFile(b.path(file))
		if err != nil {
			return err
		}
		text, err := fillPlaceholders(string(data), dir)
		if err != nil {
			return err
		}
		filled := filepath.Join(dir, "config.yaml")
		if err := os.WriteFile(filled, []byte(text), 0o600); err != nil {
			return err
		}
		if _, err := runToEnd("kubeadm config validate "+file, p.kube, []string{"kubeadm", "config", "validate", "--config", filled}, nil); err != nil {
			return err
		}
		if _, err := runToEnd("strict reading of "+file, p.kube, []string{"strict", "kubeadm", filled}, nil); err != nil {
			return err
		}
		if filepath.Base(file) != "init.yaml" { // which the components read as well
			b.accept("kubeadm config validate", file)
		}
	}
	return nil
}

// placeholders are join.yaml's, and what a cluster would put in their place.
var placeholders = strings.NewReplacer(
	"REPLACE-ME-bootstrap-token", "abcdef.0123456789abcdef",
	"REPLACE-ME-api-server-host-and-port", advertised+":6443",
	"REPLACE-ME-discovery-token-ca-cert-hash", "sha256:"+strings.Repeat("0123456789abcdef", 4),
	"REPLACE-ME-address-of-this-node", advertised,
	"REPLACE-ME-certificate-key", strings.Repeat("0123456789abcdef", 4),
)

// discoveryFile finds the file that a node may bring to learn of the cluster.
var discoveryFile = regexp.MustCompile(`(?m)^(\s*kubeConfigPath: ).*$`)

// fillPlaceholders puts what exists only later in place of join.yaml's marks; a discovery file is put into dir.
func fillPlaceholders(text, dir string) (string, error) {
	path := filepath.Join(dir, "discovery.conf")
	if err := os.WriteFile(path, []byte("apiVersion: v1\nkind: Config\n"), 0o600); err != nil {
		return "", err
	}
	return discoveryFile.ReplaceAllString(placeholders.Replace(text), "${1}"+path), nil
}

// clientCertificate is the certificate in a kubeconfig file with one user.
func clientCertificate(kubeconfig document) (tls.Certificate, error) {
	users, _ := kubeconfig["users"].([]any)
	if len(users) != 1 {
		return tls.Certificate{}, fmt.Errorf("kubeconfig has %d users", len(users))
	}
	entry, _ := users[0].(map[string]any)
	user := at(entry, "user")
	certificate, err := base64.StdEncoding.DecodeString(fmt.Sprint(user["client-certificate-data"]))
	if err != nil {
		return tls.Certificate{}, err
	}
	key, err := base64.StdEncoding.DecodeString(fmt.Sprint(user["client-key-data"]))
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.X509KeyPair(certificate, key)
}
