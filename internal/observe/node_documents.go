package observe

import (
	"path"
	"strings"

	"github.com/hardstrap/hardstrap/internal/layout"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// apiServerDocuments reads the files that kube-apiserver's flags name, and those that these name.
func (n *node) apiServerDocuments(p *staticPod, flags []settings.Setting) []settings.Setting {
	var out []settings.Setting
	for _, d := range layout.Documents() {
		if d.Flag == "" {
			continue
		}
		file := flagText(flags, d.Flag)
		if file == "" {
			continue
		}
		doc := n.podDocument(p, d.Path, file)
		if doc == nil {
			continue
		}
		if d.Path == "AdmissionConfiguration" {
			out = append(out, n.admissionPlugins(p, doc, path.Dir(file))...)
		}
		out = append(out, document(d.Path, doc))
	}
	out = append(out, n.staticPolicies(p)...)
	return append(out, n.kubeConfigs(p)...)
}

func document(kind string, doc *settings.Value) settings.Setting {
	return settings.Setting{Key: settings.Key{Component: settings.APIServer, Path: kind}, Shape: settings.Document, Value: doc}
}

// podDocument reads a document by its path in the pod.
func (n *node) podDocument(p *staticPod, kind, file string) *settings.Value {
	on, ok := p.onNode(file)
	if !ok {
		n.unknown(settings.APIServer, []string{kind}, p.container.Origin, file+" is in no volume of the pod, so that nobody but its image can tell what it says", "mount the file's directory from the node")
		return nil
	}
	data, ok := n.read(settings.APIServer, []string{kind}, on)
	if !ok {
		return nil
	}
	r := &reader{path: on}
	doc := r.document(data)
	if n.faults(settings.APIServer, []string{kind}, r) || doc == nil {
		return nil
	}
	redact(doc)
	return doc
}

// admissionPlugins reads what AdmissionConfiguration says of single plugins, in a file of its own or in place.
func (n *node) admissionPlugins(p *staticPod, doc *settings.Value, dir string) []settings.Setting {
	var out []settings.Setting
	plugins := doc.Get("plugins")
	if plugins == nil {
		return nil
	}
	seen := map[string]bool{}
	for _, plugin := range plugins.Items {
		name := plugin.Get("name")
		if name == nil || seen[name.Text] { // of several the first counts (k8s.io/apiserver v0.37.0, pkg/admission/config.go, ConfigFor)
			continue
		}
		seen[name.Text] = true
		kind, known := pluginKind(name.Text)
		if !known {
			continue
		}
		if inPlace := plugin.Get("configuration"); inPlace != nil && inPlace.Kind == settings.Map {
			out = append(out, document(kind, inPlace))
			continue
		}
		file := plugin.Get("path")
		if file == nil || file.Text == "" {
			continue
		}
		at := file.Text
		if !path.IsAbs(at) {
			at = path.Join(dir, at)
		}
		if of := n.podDocument(p, kind, at); of != nil {
			out = append(out, document(kind, of))
		}
	}
	return out
}

// pluginKind returns the setting that the configuration of an admission plugin is.
func pluginKind(plugin string) (string, bool) {
	switch plugin {
	case "PodSecurity":
		return "PodSecurityConfiguration", true
	case "ValidatingAdmissionPolicy":
		return "ValidatingAdmissionPolicyConfiguration", true
	case "EventRateLimit", "ImagePolicyWebhook":
		return plugin, true
	}
	return "", false
}

// staticPolicies reads the admission policies that stand in files.
func (n *node) staticPolicies(p *staticPod) []settings.Setting {
	return n.below(p, layout.StaticPolicies, "*.yaml", func(r *reader, file string, data []byte) []settings.Setting {
		return r.staticPolicies(path.Base(file), data)
	})
}

// kubeConfigs reads the kubeconfig files of webhooks.
func (n *node) kubeConfigs(p *staticPod) []settings.Setting {
	var out []settings.Setting
	for _, unit := range []string{"admission", "audit", "authentication", "authorization"} {
		out = append(out, n.below(p, layout.Config+"/"+unit, "*.kubeconfig", func(r *reader, file string, data []byte) []settings.Setting {
			found := r.apiServerFile(file, data)
			for _, s := range found {
				redact(s.Value)
			}
			return found
		})...)
	}
	return out
}

// below reads the files of a directory of the pod that hold settings of the API server each. What the pod does not
// mount it does not read.
func (n *node) below(p *staticPod, dir, pattern string, readOne func(r *reader, file string, data []byte) []settings.Setting) []settings.Setting {
	on, mounted := p.onNode(dir)
	if !mounted {
		return nil
	}
	files, err := n.tree.Glob(path.Join(on, pattern))
	if err != nil {
		n.unread(settings.APIServer, nil, on, err)
	}
	var out []settings.Setting
	for _, file := range files {
		data, ok := n.read(settings.APIServer, nil, file)
		if !ok {
			continue
		}
		r := &reader{path: file}
		found := readOne(r, path.Join(dir, path.Base(file)), data)
		if !n.faults(settings.APIServer, nil, r) {
			out = append(out, found...)
		}
	}
	return out
}

// secretKey reports whether what stands under a key is a secret: of an EncryptionConfiguration
// (apiserver.config.k8s.io/v1, resources[].providers[].<provider>.keys[].secret) or of a kubeconfig
// (k8s.io/client-go v0.37.0, tools/clientcmd/api/v1/types.go, AuthInfo).
func secretKey(key string) bool {
	switch strings.ToLower(key) {
	case "secret", "token", "password", "client-key-data":
		return true
	}
	return false
}
