package generate

import (
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"text/template"
	"text/template/parse"

	"github.com/Masterminds/sprig/v3"

	"github.com/hardstrap/hardstrap/internal/settings"
	"github.com/hardstrap/hardstrap/templates"
)

// TestNoFunctionReadsTheWorld holds the allow-list against what sprig has that reads the
// environment, the network, the clock or randomness, that gives a map's own order, or that
// hides a fault.
func TestNoFunctionReadsTheWorld(t *testing.T) {
	all := sprig.TxtFuncMap()
	impure := []string{
		"env", "expandenv", "getHostByName",
		"now", "ago", "date", "dateInZone", "date_in_zone", "dateModify", "date_modify", "mustDateModify", "must_date_modify", "htmlDate",
		"htmlDateInZone", "duration", "durationRound", "toDate", "mustToDate", "unixEpoch",
		"randAlphaNum", "randAlpha", "randAscii", "randNumeric", "randBytes", "randInt", "shuffle", "uuidv4",
		"bcrypt", "htpasswd", "derivePassword", "genPrivateKey", "genCA", "genCAWithKey", "genSelfSignedCert", "genSelfSignedCertWithKey",
		"genSignedCert", "genSignedCertWithKey", "buildCustomCert", "encryptAES", "decryptAES",
		"keys", "values", "pick", "omit", "merge", "mergeOverwrite", "mustMerge", "mustMergeOverwrite", "set", "unset", "dig",
		"default", "coalesce", "empty", "atoi", "int", "int64", "float64", "toString", "fail",
		"osBase", "osDir", "osExt", "osClean", "osIsAbs",
	}
	for _, name := range sprigFunctions() {
		if slices.Contains(impure, name) {
			t.Errorf("templates may not call %q", name)
		}
		if all[name] == nil {
			t.Errorf("sprig has no %q", name)
		}
	}
	own := []string{"scalar", "tree", "field", "line", "word", "prose", "shell", "code"}
	for name := range functions() {
		if !slices.Contains(sprigFunctions(), name) && !slices.Contains(own, name) {
			t.Errorf("templates may call %q, which is in no list", name)
		}
	}
}

func TestEngineRefuses(t *testing.T) {
	for name, row := range map[string]struct{ text, want string }{
		"a function outside the list": {`{{ env "HOME" }}`, `function "env" not defined`},
		"a missing key":               {`{{ .missing }}`, `map has no entry for key "missing"`},
		"a missing template":          {`{{ template "nowhere" }}`, "not defined"},
		"a fault of syntax":           {`{{ if }}`, "missing value"},
	} {
		t.Run(name, func(t *testing.T) {
			e, err := newEngine(fstest.MapFS{"a/b.tmpl": {Data: []byte(row.text)}})
			if err == nil {
				_, err = e.render("a/b.tmpl", map[string]any{})
			}
			if err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("got %v, want an error with %q", err, row.want)
			}
		})
	}
}

// TestALostSettingIsFound renders with templates that were tampered with.
func TestALostSettingIsFound(t *testing.T) {
	for name, row := range map[string]struct{ file, old, new, want string }{
		"flags lost":          {"host/kubeadm/parts.tmpl", "{{- with .KubeletArgs }}", "{{- with list }}", "lost this setting"},
		"a value changed":     {"host/control-plane/kubeadm/init.yaml.tmpl", "clusterName: {{ scalar . }}", "clusterName: other", "does not say the value of this setting"},
		"a value added":       {"host/kubeadm/upgrade.yaml.tmpl", "kind: UpgradeConfiguration", "kind: UpgradeConfiguration\ntimeouts: {discovery: 1s}", "but no setting does"},
		"a value of another":  {"host/sysctl.conf.tmpl", "{{ .Value }}", "1", "does not say the value of this setting"},
		"a key written twice": {"host/control-plane/kubeadm/init.yaml.tmpl", "clusterName: {{ scalar . }}", "clusterName: a\nclusterName: b", "a second time"},
		"no YAML":             {"host/control-plane/document.yaml.tmpl", "{{ tree 0 .Tree }}", "a: b: c", "not YAML"},
		"a port admitted":     {"host/firewall.nft.tmpl", "counter drop", "accept", "is not part of the ruleset"},
		"a secret left out":   {"host/control-plane/document.yaml.tmpl", "{{ tree 0 .Tree }}", "kind: None", "something in it cannot be written"},
	} {
		t.Run(name, func(t *testing.T) {
			files := fstest.MapFS{}
			err := fs.WalkDir(templates.Files(), ".", func(path string, d fs.DirEntry, err error) error {
				if err != nil || d.IsDir() {
					return err
				}
				data, err := fs.ReadFile(templates.Files(), path)
				if path == row.file {
					changed := strings.Replace(string(data), row.old, row.new, 1)
					if changed == string(data) {
						t.Fatalf("%s holds no %q", path, row.old)
					}
					data = []byte(changed)
				}
				files[path] = &fstest.MapFile{Data: data}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			e, err := newEngine(files)
			if err != nil {
				t.Fatal(err)
			}
			_, err = (&Generator{engine: e, memo: newMemo(8)}).Bundle(inputOf(fullSet()))
			if err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("got %v, want an error with %q", err, row.want)
			}
		})
	}
}

// marker puts a call of mark into both ways of every if, with and range.
type marker struct {
	names map[string]bool // place of a branch -> was taken
	make  func(name string) parse.Node
}

func (m *marker) list(t *parse.Tree, l *parse.ListNode) {
	if l == nil {
		return
	}
	for _, n := range l.Nodes {
		switch n := n.(type) {
		case *parse.IfNode:
			m.branch(t, &n.BranchNode, false)
		case *parse.WithNode:
			m.branch(t, &n.BranchNode, false)
		case *parse.RangeNode:
			m.branch(t, &n.BranchNode, true)
		}
	}
}

// branch marks both ways; a loop over nothing says nothing and is no way of its own.
func (m *marker) branch(t *parse.Tree, b *parse.BranchNode, loop bool) {
	where, what := t.ErrorContext(b)
	m.list(t, b.List)
	m.list(t, b.ElseList)
	if b.ElseList == nil {
		b.ElseList = &parse.ListNode{NodeType: parse.NodeList}
	}
	ways := map[string]*parse.ListNode{"taken": b.List, "not taken": b.ElseList}
	if loop {
		delete(ways, "not taken")
	}
	for way, l := range ways {
		name := where + " " + what + " " + way
		m.names[name] = false
		l.Nodes = append([]parse.Node{m.make(name)}, l.Nodes...)
	}
}

// TestEveryBranchOfEveryTemplate shows that the sets the tests render leave nothing unseen.
func TestEveryBranchOfEveryTemplate(t *testing.T) {
	m := &marker{names: map[string]bool{}}
	funcs := template.FuncMap{"mark": func(name string) string { m.names[name] = true; return "" }}
	m.make = func(name string) parse.Node {
		made := template.Must(template.New("").Funcs(funcs).Parse("{{ mark " + strconv.Quote(name) + " }}"))
		return made.Root.Nodes[0]
	}
	g := newGenerator(t)
	g.engine.root.Funcs(funcs)
	for _, tmpl := range g.engine.root.Templates() {
		if tmpl.Tree != nil {
			m.list(tmpl.Tree, tmpl.Root)
		}
	}
	for name, in := range inputs() {
		if _, err := g.Bundle(in); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	for name, taken := range m.names {
		if !taken {
			t.Errorf("never: %s", name)
		}
	}
	if len(m.names) < 100 {
		t.Errorf("only %d branches were found", len(m.names))
	}
}

// inputs are sets that together take every branch of every template.
func inputs() map[string]Input {
	out := map[string]Input{
		"full": inputOf(fullSet()), "external etcd": inputOf(externalSet()), "small": inputOf(smallSet()), "nothing": inputOf(&settings.Set{}),
	}
	rotated := inputOf(fullSet())
	put(rotated.Settings, settings.Kubelet, settings.Worker, "serverTLSBootstrap", true)
	put(rotated.Settings, settings.APIServer, "", "--kubelet-certificate-authority", "/etc/kubernetes/pki/ca.crt")
	put(rotated.Settings, settings.APIServer, "", "--encryption-provider-config-automatic-reload", false)
	put(rotated.Settings, settings.APIServer, "", "AuthenticationConfiguration", m{"anonymous": m{"enabled": false}})
	rotated.Settings.Delete(settings.Key{Component: settings.Kubeadm, Path: "controlPlaneEndpoint"})
	rotated.Keys = testKeys{placeholder: true}
	rotated.Waivers = []Waiver{{Control: "cis-1.12/1.2.11", Reason: "the registry is not reachable while a node boots"}}
	out["rotated"] = rotated

	plain := inputOf(smallSet())
	put(plain.Settings, settings.APIServer, "", "EncryptionConfiguration", m{"kind": "EncryptionConfiguration", "resources": []any{
		m{"resources": []string{"*.*"}, "providers": []any{m{"identity": m{}}, m{"kms": m{"name": "vault", "endpoint": "unix:///run/kms/kms.sock"}}}}}})
	put(plain.Settings, settings.Kubeadm, "", "controlPlaneEndpoint", "[2001:db8::1]:6443")
	put(plain.Settings, settings.APIServer, "", "--anonymous-auth", false)
	put(plain.Settings, settings.Host, settings.ControlPlane, "sysctl/kernel.panic", 10)
	put(plain.Settings, settings.Host, settings.Worker, "tmpfile//etc/x", m{"type": "d", "mode": "0700", "user": "root", "group": "root"})
	put(plain.Settings, settings.APIServer, "", "probes", "tcpSocket")
	put(plain.Settings, settings.Kubeadm, "", "localAPIEndpoint.advertiseAddress", "192.0.2.1")
	put(plain.Settings, settings.Kubeadm, "", "networking.podSubnet", "10.244.0.0/16")
	plain.Keys = nil
	out["plain"] = plain

	more := inputOf(smallSet())
	put(more.Settings, settings.APIServer, "", "EncryptionConfiguration", m{"kind": "EncryptionConfiguration", "resources": []any{
		m{"resources": []string{"secrets", "configmaps"}, "providers": []any{m{"secretbox": m{"keys": []any{m{"name": "key-00000001", "secret": settings.Redacted}}}}}}}})
	more.Keys = twoKeys{}
	put(more.Settings, settings.Kubeadm, "", "networking.dnsDomain", "cluster.local")
	put(more.Settings, settings.Kubeadm, "", "nodeRegistration.criSocket", "unix:///run/crio/crio.sock")
	put(more.Settings, settings.Kubeadm, "", "apiServer.certSANs", []string{"a.example.org"})
	out["more"] = more

	bare := inputOf(&settings.Set{})
	put(bare.Settings, settings.Etcd, "", "members", []any{m{"name": "a", "address": "192.0.2.1"}})
	put(bare.Settings, settings.Scheduler, "", "extraVolumes", []any{m{"name": "a", "hostPath": "/a", "mountPath": "/a"}})
	put(bare.Settings, settings.Kubelet, settings.ControlPlane, "serverTLSBootstrap", true)
	put(bare.Settings, settings.Kubeadm, "", "localAPIEndpoint.bindPort", 6443)
	put(bare.Settings, settings.Kubelet, settings.Worker, "--v", 2)
	put(bare.Settings, settings.Kubelet, settings.ControlPlane, "--v", 2)
	put(bare.Settings, settings.Companion, "", "falco/rules", []any{m{"required_engine_version": "0.57.0"}})
	out["bare"] = bare
	for _, name := range []string{"full", "external etcd", "bare"} {
		listed := out[name]
		listed.FileIntegrity = true
		out[name] = listed
	}
	return out
}

// twoKeys is a ring of two.
type twoKeys struct{ testKeys }

func (twoKeys) Names() []string { return []string{"key-00000001", "key-00000002"} }
