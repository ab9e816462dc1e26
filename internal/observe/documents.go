package observe

import (
	"strings"

	"github.com/hardstrap/hardstrap/internal/layout"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// apiServerFile reads a file that kube-apiserver reads.
func (r *reader) apiServerFile(onNode string, data []byte) []settings.Setting {
	if name, ok := strings.CutPrefix(onNode, layout.StaticPolicies+"/"); ok {
		return r.staticPolicies(name, data)
	}
	doc := r.document(data)
	if doc == nil {
		return nil
	}
	for _, d := range layout.Documents() {
		if d.File != onNode {
			continue
		}
		if d.Path == "EncryptionConfiguration" {
			redact(doc)
		}
		s := setting(settings.APIServer, "", d.Path, doc)
		s.Shape = settings.Document
		return []settings.Setting{s}
	}
	name, ok := strings.CutSuffix(strings.TrimPrefix(onNode, layout.Config+"/"), ".kubeconfig")
	unit, name, found := strings.Cut(name, "/")
	if !ok || !found || strings.Contains(name, "/") || doc.Get("kind") == nil || doc.Get("kind").Text != "Config" {
		r.fail(nil, "nothing is known to stand at %q on a node", onNode)
		return nil
	}
	s := setting(settings.APIServer, "", "kubeconfig/"+unit+"/"+name, doc)
	s.Shape = settings.Document
	return []settings.Setting{s}
}

// staticPolicies reads a file of the directory that static admission policies stand in: all that
// it holds is one setting.
func (r *reader) staticPolicies(file string, data []byte) []settings.Setting {
	name, ok := strings.CutSuffix(file, ".yaml")
	if !ok || strings.Contains(name, "/") {
		r.fail(nil, "nothing is known to stand at %q on a node", layout.StaticPolicies+"/"+file)
		return nil
	}
	s := setting(settings.APIServer, "", "static/"+name, &settings.Value{Kind: settings.List, Items: r.documents(data)})
	s.Shape = settings.Document
	return []settings.Setting{s}
}

// redact replaces whatever stands under the key of a secret, but a digest that stands for one already.
func redact(v *settings.Value) {
	for _, item := range v.Items {
		redact(item)
	}
	for _, e := range v.Entries {
		if secretKey(e.Key) {
			if strings.HasPrefix(e.Value.Text, settings.Digest) {
				continue
			}
			*e.Value = settings.Value{Kind: settings.String, Text: settings.Redacted, Origin: e.Value.Origin}
			continue
		}
		redact(e.Value)
	}
}
