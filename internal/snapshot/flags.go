package snapshot

import (
	"path"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/hardstrap/hardstrap/internal/observe"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// arguments asks for the files that flags name.
func (c *collector) arguments(component string, argv []string) {
	for _, s := range observe.Arguments(component, "", argv, settings.Origin{}) {
		flag := strings.TrimPrefix(s.Key.Path, "--")
		for _, text := range s.Value.Strings() {
			if flag == "config-dir" && path.IsAbs(text) { // of the kubelet, with all below (cmd/kubelet/app/server.go)
				for _, below := range []string{"/*", "/*/*", "/*/*/*"} {
					c.later(path.Clean(text)+below, structured)
				}
				continue
			}
			c.file(flag, text)
		}
	}
}

// file asks for a file by what names it, a flag or a field, both in lower case and perhaps with dashes.
func (c *collector) file(by, name string) {
	if !path.IsAbs(name) || strings.ContainsAny(name, "*?[\\\n") || strings.HasPrefix(name, "/proc/") || strings.HasPrefix(name, "/dev/") {
		return
	}
	c.later(path.Clean(name), kindOf(by, name))
}

// kindOf tells how a named file is taken: what is configuration by the name of its flag or field, certificates by
// their own name, and nothing of any other, such as keys, lists of tokens and passwords, and logs.
func kindOf(by, name string) kind {
	by = strings.ReplaceAll(strings.ToLower(by), "-", "")
	for _, end := range []string{"auditpolicyfile", "configfile", "config", "kubeconfig", "kubeconfigfile", "configpath"} {
		if strings.HasSuffix(by, end) {
			return structured
		}
	}
	if ext := path.Ext(name); ext == ".crt" || ext == ".pub" || strings.HasSuffix(by, "cafile") || strings.HasSuffix(by, "certfile") {
		return certificates
	}
	return nothing
}

// words asks for the files that flags within a text name: a unit, or a file of variables.
func (c *collector) words(text string) {
	var argv []string
	for _, word := range strings.Fields(text) {
		if i := strings.Index(word, "--"); i >= 0 {
			argv = append(argv, strings.Trim(word[i:], `"'\`))
		}
	}
	c.arguments(settings.Kubelet, argv)
}

// named asks for the files that a document names: by the command line of a container, by kubeadm's lists of
// arguments, by any field that holds an absolute path, and by the path of an admission plugin, which may be
// relative to the document (k8s.io/apiserver v0.37.0, pkg/admission/config.go).
func (c *collector) named(file string, doc document) {
	for _, root := range doc.roots {
		if scalar(root, "kind") == "AdmissionConfiguration" {
			if plugins := child(root, "plugins"); plugins != nil {
				for _, plugin := range plugins.Content {
					if name := scalar(plugin, "path"); name != "" && !path.IsAbs(name) {
						name = path.Join(path.Dir(file), name)
						c.file("configfile", name)
					} else {
						c.file("configfile", name)
					}
				}
			}
		}
		c.fields(root, "")
	}
}

func (c *collector) fields(n *yaml.Node, key string) {
	switch n.Kind {
	case yaml.ScalarNode:
		c.file(key, n.Value)
	case yaml.SequenceNode:
		for _, item := range n.Content {
			c.fields(item, key)
		}
	case yaml.MappingNode:
		if key == "containers" {
			c.container(n)
		}
		if name := scalar(n, "name"); name != "" && strings.HasSuffix(key, "xtraArgs") {
			c.arguments(settings.APIServer, []string{"--" + name + "=" + scalar(n, "value")})
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			c.fields(n.Content[i+1], n.Content[i].Value)
		}
	}
}

// container reads the command line and the version of a component in a static pod.
func (c *collector) container(n *yaml.Node) {
	var argv []string
	for _, key := range []string{"command", "args"} {
		if list := child(n, key); list != nil {
			for _, item := range list.Content {
				argv = append(argv, item.Value)
			}
		}
	}
	component := scalar(n, "name")
	c.arguments(component, argv)
	image := scalar(n, "image")
	if i := strings.LastIndex(image, ":"); i > strings.LastIndex(image, "/") && component != "" {
		c.images[component] = image[i+1:]
	}
}
