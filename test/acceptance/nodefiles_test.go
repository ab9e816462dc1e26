package acceptance

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"k8s.io/component-base/version"
	"sigs.k8s.io/yaml"
)

// nodeFiles are what one node gets beside its bundle, on the way to a txtar file: an index of everything, a
// description of the certificates, and the text of the rest. Neither a private key nor a certificate is kept, so that
// nothing in git is a secret or runs out: internal/testnode makes certificates that answer to the description, and puts
// nothing where a key stands.
type nodeFiles struct {
	maker        *nodeMaker
	role         string
	entries      []nodeEntry
	certificates []certificate
	authorities  authorities
}

// nodeEntry is a line of the index. Everything is root's: kubeadm gives nothing away.
type nodeEntry struct {
	path string // on the node
	kind string // dir, file, key (private), pub (public), cert, link
	mode fs.FileMode
	text string // of a file; a link's target
}

func (m *nodeMaker) newFiles(role string) *nodeFiles {
	return &nodeFiles{maker: m, role: role, authorities: m.authorities}
}

// collect takes what kubeadm wrote into a dry-run directory, which is flat but for etcd's certificates.
func (f *nodeFiles) collect(dryRun string) error {
	var names []string
	err := filepath.WalkDir(dryRun, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			name, _ := filepath.Rel(dryRun, path)
			names = append(names, filepath.ToSlash(name))
		}
		return err
	})
	if err != nil {
		return err
	}
	// The authorities come first: the others are theirs.
	slices.SortFunc(names, func(a, b string) int {
		if x, y := strings.HasSuffix(a, "ca.crt"), strings.HasSuffix(b, "ca.crt"); x != y {
			return map[bool]int{true: -1, false: 1}[x]
		}
		return strings.Compare(a, b)
	})
	for _, name := range names {
		path, err := onNode(name)
		if err != nil {
			return err
		}
		if err := f.add(path, filepath.Join(dryRun, filepath.FromSlash(name))); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// onNode says where a file of a dry-run directory stands on a node (cmd/kubeadm/app/constants/constants.go).
func onNode(name string) (string, error) {
	switch base := filepath.Base(name); {
	case slices.Contains([]string{"kube-apiserver.yaml", "kube-controller-manager.yaml", "kube-scheduler.yaml", "etcd.yaml"}, name):
		return "/etc/kubernetes/manifests/" + name, nil
	case slices.Contains([]string{"config.yaml", "instance-config.yaml", "kubeadm-flags.env"}, name):
		return "/var/lib/kubelet/" + name, nil
	case filepath.Ext(base) == ".conf" && base == name:
		return "/etc/kubernetes/" + name, nil
	case slices.Contains([]string{".crt", ".key", ".pub"}, filepath.Ext(base)):
		return "/etc/kubernetes/pki/" + name, nil
	}
	return "", fmt.Errorf("kubeadm wrote %s, and nobody said where that stands on a node", name)
}

// add takes one file, by what it is.
func (f *nodeFiles) add(path, here string) error {
	info, err := os.Stat(here)
	if err != nil {
		return err
	}
	data, err := os.ReadFile(here)
	if err != nil {
		return err
	}
	entry := nodeEntry{path: path, kind: "file", mode: info.Mode().Perm()}
	switch filepath.Ext(path) {
	case ".key":
		entry.kind = "key"
	case ".pub":
		entry.kind = "pub"
		err = f.describePublic(path, data)
	case ".crt":
		entry.kind = "cert"
		err = f.describe(path, data)
	case ".conf":
		entry.text, err = f.kubeconfig(path, data)
	default:
		entry.text = string(data)
	}
	f.entries = append(f.entries, entry)
	return err
}

// The marks that stand in a kubeconfig for what is not kept.
var marked = map[string]string{
	"certificate-authority-data": "CA", // of the cluster
	"client-certificate-data":    "CERTIFICATE",
	"client-key-data":            "KEY",
}

var embedded = regexp.MustCompile(`(?m)^(\s*)(certificate-authority-data|client-certificate-data|client-key-data): (\S+)$`)

// kubeconfig describes the certificate in a kubeconfig, and returns it with marks in place of certificates and key.
func (f *nodeFiles) kubeconfig(path string, data []byte) (string, error) {
	content := document{}
	if err := yaml.Unmarshal(data, &content); err != nil {
		return "", err
	}
	if strings.Contains(string(data), "client-certificate-data") {
		pair, err := clientCertificate(content)
		if err != nil {
			return "", err
		}
		if err := f.describeDER(path, pair.Certificate[0]); err != nil {
			return "", err
		}
	}
	return embedded.ReplaceAllStringFunc(string(data), func(line string) string {
		parts := embedded.FindStringSubmatch(line)
		return parts[1] + parts[2] + ": " + marked[parts[2]]
	}), nil
}

// text is the node as a txtar file.
func (f *nodeFiles) text() (string, error) {
	slices.SortFunc(f.entries, func(a, b nodeEntry) int { return strings.Compare(a.path, b.path) })
	slices.SortFunc(f.certificates, func(a, b certificate) int { return strings.Compare(a.Path, b.Path) })
	var described strings.Builder
	lines := json.NewEncoder(&described)
	for _, c := range f.certificates {
		if err := lines.Encode(c); err != nil {
			return "", err
		}
	}
	from := "the bundle of the profile " + f.maker.profile
	if f.maker.b == nil {
		from = "its defaults"
	}
	var out strings.Builder
	fmt.Fprintf(&out, "A %s node: what kubeadm %s writes from %s.\n", f.role, version.Get().GitVersion, from)
	fmt.Fprintf(&out, "Made by TestNodes of test/acceptance, never by hand: UPDATE=1 test/acceptance/run.sh %s\n", f.maker.minor)
	out.WriteString("-- index --\n")
	for _, e := range f.entries {
		line := fmt.Sprintf("%04o root:root %-4s %s", e.mode, e.kind, e.path)
		if e.kind == "link" {
			line += " -> " + e.text
		}
		out.WriteString(line + "\n")
	}
	out.WriteString("-- certificates.json --\n" + described.String())
	for _, e := range f.entries {
		if e.kind != "file" {
			continue
		}
		text := e.text
		if !strings.HasSuffix(text, "\n") || strings.Contains("\n"+text, "\n-- ") || strings.Contains(text, "PRIVATE KEY") {
			return "", fmt.Errorf("%s: cannot stand in a txtar file", e.path)
		}
		fmt.Fprintf(&out, "-- %s --\n%s", e.path, text)
	}
	return out.String(), nil
}
