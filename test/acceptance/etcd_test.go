package acceptance

import (
	"crypto/tls"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"sigs.k8s.io/yaml"
)

// member is one etcd: the static pod's, or one of an external cluster.
type member struct {
	name       string
	args       []string
	listens    []string // the addresses where it serves clients
	minVersion string
	suites     []string
}

// addresses gives every address that etcd's settings name one on loopback, the same one for the same name.
type addresses map[string]string

// etcdURL finds the addresses in etcd's settings.
var etcdURL = regexp.MustCompile(`(https?://)(\[[^\]]*\]|[^:/,"\s\[]+):(\d+)`)

// moved replaces the addresses in a member's settings. Loopback is another one for every member.
func (a addresses) moved(member, text string) (string, error) {
	var failure error
	result := etcdURL.ReplaceAllStringFunc(text, func(url string) string {
		parts := etcdURL.FindStringSubmatch(url)
		key := parts[2] + ":" + parts[3]
		switch parts[2] {
		case "127.0.0.1", "localhost", "[::1]":
			key = member + " " + key
		}
		if a[key] == "" {
			address, err := freeAddress()
			if err != nil {
				failure = err
				return url
			}
			a[key] = address
		}
		return parts[1] + a[key]
	})
	return result, failure
}

// etcd starts etcd as the static pod does, or every member that the bundle has a configuration of.
func (r *run) etcd() error {
	members, err := r.members()
	if err != nil {
		return err
	}
	var processes []*process
	for _, m := range members {
		p, err := r.start("etcd "+m.name, r.programs.etcd, m.args)
		if err != nil {
			return err
		}
		processes = append(processes, p)
	}
	pki := r.on("/etc/kubernetes/pki")
	client, err := tls.LoadX509KeyPair(filepath.Join(pki, "apiserver-etcd-client.crt"), filepath.Join(pki, "apiserver-etcd-client.key"))
	if err != nil {
		return err
	}
	var all []string
	for i, m := range members {
		policy, err := policyOf(m.minVersion, m.suites)
		if err != nil {
			return err
		}
		policy.client = &client
		for _, address := range m.listens {
			if err := processes[i].serving(address); err != nil {
				return err
			}
			if err := processes[i].survives(policy.holds(address)); err != nil {
				return fmt.Errorf("client listener of etcd %s: %w", m.name, err)
			}
			all = append(all, "https://"+address)
		}
	}
	for _, file := range r.b.below(externalEtcd) {
		if strings.HasSuffix(file, etcdConfig) {
			r.b.accept("etcd", file)
		}
	}
	r.etcdServers = strings.Join(all, ",")
	return nil
}

// etcdConfig is where an external member's configuration stands.
const etcdConfig = "/etc/etcd/etcd.conf.yaml"

// members prepares what is to be started.
func (r *run) members() ([]member, error) {
	known := addresses{}
	if etcd, ok := r.pods["etcd"]; ok {
		args, err := etcd.arguments(nil)
		if err != nil {
			return nil, err
		}
		m := member{name: "pod", minVersion: strings.Join(etcd.flag("tls-min-version"), ""), suites: etcd.flag("cipher-suites")}
		for _, arg := range args {
			moved, err := known.moved(m.name, arg)
			if err != nil {
				return nil, err
			}
			m.args = append(m.args, moved)
			if urls, ok := strings.CutPrefix(moved, "--listen-client-urls="); ok {
				m.listens = hosts(urls)
			}
		}
		return []member{m}, nil
	}
	var members []member
	for _, file := range r.b.below(externalEtcd) {
		if !strings.HasSuffix(file, etcdConfig) {
			continue
		}
		m, err := r.external(known, file)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		members = append(members, m)
	}
	if len(members) == 0 {
		return nil, fmt.Errorf("no static pod of etcd, and no %s*%s", externalEtcd, etcdConfig)
	}
	return members, nil
}

// hosts are the addresses of a list of URLs.
func hosts(urls string) []string {
	var hosts []string
	for _, url := range strings.Split(urls, ",") {
		_, host, _ := strings.Cut(url, "://")
		hosts = append(hosts, host)
	}
	return hosts
}

// external prepares a member from its configuration: with kubeadm's certificates in place of the site's, and its own
// folders.
func (r *run) external(known addresses, file string) (member, error) {
	if _, err := runToEnd("etcd's configuration file", r.programs.etcd, []string{"strict-config", r.b.path(file)}, nil); err != nil {
		return member{}, err
	}
	documents, err := documentsOf(r.b.path(file))
	if err != nil {
		return member{}, err
	}
	if len(documents) != 1 {
		return member{}, fmt.Errorf("%d documents", len(documents))
	}
	config := documents[0]
	m := member{name: fmt.Sprint(config["name"])}
	m.minVersion, _ = config["tls-min-version"].(string)
	list, _ := config["cipher-suites"].([]any)
	for _, suite := range list {
		m.suites = append(m.suites, fmt.Sprint(suite))
	}
	directory := filepath.Join(r.work, "etcd-"+m.name)
	for transport, certificate := range map[string]string{"client": "server", "peer": "peer"} {
		security, ok := config[transport+"-transport-security"].(map[string]any)
		if !ok {
			continue
		}
		for key, source := range map[string]string{
			"cert-file": certificate + ".crt", "key-file": certificate + ".key", "trusted-ca-file": "ca.crt",
			"client-cert-file": certificate + ".crt", "client-key-file": certificate + ".key",
		} {
			if path, ok := security[key].(string); ok && path != "" {
				r.b.note("%s: the site's own; kubeadm's etcd/%s stands in for it", path, source)
				security[key] = r.on("/etc/kubernetes/pki/etcd/" + source)
			}
		}
	}
	for _, key := range []string{"data-dir", "wal-dir"} {
		if path, ok := config[key].(string); ok && path != "" {
			config[key] = filepath.Join(directory, path)
		}
	}
	if err := os.MkdirAll(directory, 0o700); err != nil {
		return member{}, err
	}
	data, err := yaml.Marshal(config)
	if err != nil {
		return member{}, err
	}
	moved, err := known.moved(m.name, string(data))
	if err != nil {
		return member{}, err
	}
	if err := yaml.Unmarshal([]byte(moved), &config); err != nil {
		return member{}, err
	}
	urls, _ := config["listen-client-urls"].(string)
	m.listens = hosts(urls)
	path := filepath.Join(directory, "etcd.conf.yaml")
	m.args = []string{"--config-file=" + path}
	return m, os.WriteFile(path, []byte(moved), 0o600)
}
