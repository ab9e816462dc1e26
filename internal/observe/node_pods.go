package observe

import (
	"path"
	"slices"
	"strings"

	"github.com/hardstrap/hardstrap/internal/settings"
)

// staticPod is the manifest of a component.
type staticPod struct {
	file      string
	component string
	spec      *settings.Value
	container *settings.Value
}

// staticPods reads the manifests in the kubelet's directory of static pods: every file but those whose
// name begins with a dot (k8s.io/kubernetes v1.37.0, pkg/kubelet/config/file.go).
func (n *node) staticPods() {
	if n.out.Role != settings.ControlPlane {
		return
	}
	names, err := n.tree.ReadDir(n.manifests)
	if err != nil {
		for _, component := range controlPlane() {
			n.unread(component, nil, n.manifests, err)
		}
		return
	}
	pods := map[string]*staticPod{}
	for _, name := range names {
		if strings.HasPrefix(name, ".") {
			continue
		}
		file := path.Join(n.manifests, name)
		pod := n.staticPod(file)
		if pod == nil {
			continue
		}
		if before, twice := pods[pod.component]; twice {
			n.unknown(pod.component, nil, pod.spec.Origin, file+" and "+before.file+" both run "+pod.component, "leave one of them; the kubelet runs whichever it likes")
			continue
		}
		pods[pod.component] = pod
	}
	for _, component := range controlPlane() {
		pod := pods[component]
		if pod == nil {
			if component != settings.Etcd && !n.isUnknown(component) { // etcd may be external
				n.unknown(component, nil, settings.Origin{Source: settings.FromFile, File: n.manifests}, "no static pod below "+n.manifests+" runs "+component, "")
			}
			continue
		}
		n.pod(pod)
	}
}

// isUnknown reports whether it has been said of a component that it cannot be seen.
func (n *node) isUnknown(component string) bool {
	return slices.ContainsFunc(n.out.Unknown, func(u Unknown) bool { return u.Component == component })
}

func controlPlane() []string {
	return []string{settings.APIServer, settings.ControllerManager, settings.Scheduler, settings.Etcd}
}

// staticPod reads a manifest, or returns nil where it runs no component.
func (n *node) staticPod(file string) *staticPod {
	component := componentOf(path.Base(file))
	info, err := n.tree.Stat(file)
	if err == nil && info.Mode.IsDir() {
		return nil // the kubelet does not look into directories
	}
	data, err := n.tree.ReadFile(file)
	if err != nil {
		n.unread(component, nil, file, err)
		return nil
	}
	r := &reader{path: file}
	doc := r.document(data)
	if n.faults(component, nil, r) || doc == nil {
		return nil
	}
	spec := doc.Get("spec")
	containers := spec.Get("containers")
	if containers == nil {
		return nil
	}
	var found *staticPod
	for _, c := range containers.Items {
		for _, candidate := range controlPlane() {
			command := commandOf(c)
			if len(command) == 0 || path.Base(command[0].text) != candidate {
				continue
			}
			if found != nil {
				n.unknown(candidate, nil, c.Origin, file+" runs "+found.component+" and "+candidate, "leave one of them in it")
				continue
			}
			found = &staticPod{file, candidate, spec, c}
		}
	}
	return found
}

// componentOf guesses a component by a manifest's name, for what cannot be read.
func componentOf(name string) string {
	for _, c := range controlPlane() {
		if strings.HasPrefix(name, c) {
			return c
		}
	}
	return ""
}

// commandOf returns a container's command and arguments, with the variables of its environment.
func commandOf(container *settings.Value) []word {
	var out []word
	variables := map[string]string{}
	if env := container.Get("env"); env != nil {
		for _, item := range env.Items {
			if name, value := item.Get("name"), item.Get("value"); name != nil && value != nil {
				variables[name.Text] = expanded(value.Text, variables)
			}
		}
	}
	for _, key := range []string{"command", "args"} {
		list := container.Get(key)
		if list == nil {
			continue
		}
		for _, item := range list.Items {
			if item.IsScalar() {
				out = append(out, word{expanded(item.Text, variables), item.Origin})
			}
		}
	}
	return out
}

// expanded puts the values of variables in the place of $(NAME); $$ is a dollar sign, and a name that is not there
// stays as it is written (k8s.io/kubernetes v1.37.0, third_party/forked/golang/expansion/expand.go).
func expanded(text string, variables map[string]string) string {
	var out strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] != '$' || i+1 == len(text) {
			out.WriteByte(text[i])
			continue
		}
		if text[i+1] == '$' {
			out.WriteByte('$')
			i++
			continue
		}
		end := strings.IndexByte(text[i:], ')')
		if text[i+1] != '(' || end < 0 {
			out.WriteByte('$')
			continue
		}
		if value, ok := variables[text[i+2:i+end]]; ok {
			out.WriteString(value)
		} else {
			out.WriteString(text[i : i+end+1])
		}
		i += end
	}
	return out.String()
}

// pod reads a component's flags, and the files they name.
func (n *node) pod(p *staticPod) {
	words := commandOf(p.container)
	found := flagsOf(p.component, "", words[1:])
	if p.component == settings.Etcd {
		found = etcdFlags(found, p.container.Get("env"))
		if file := flagText(found, "config-file"); file != "" {
			// It then reads nothing else (go.etcd.io/etcd/server/v3 v3.7.3, etcdmain/config.go, parse).
			n.unknown(settings.Etcd, nil, p.container.Origin, "etcd reads "+file+" and ignores every flag", "say with flags what the file says")
			return
		}
	}
	found = append(found, n.image(p)...)
	if p.component == settings.APIServer {
		found = append(found, n.apiServerDocuments(p, found)...)
		found = append(found, observedProbes(p)...)
	}
	if volumes := observedVolumes(p); volumes != nil {
		found = append(found, settings.Setting{Key: settings.Key{Component: p.component, Path: "extraVolumes"}, Shape: settings.Unordered, Value: volumes})
	}
	n.layer(p.component, "manifest", Flags, p.file, found)
}

// etcdFlags adds what etcd is told by its environment and not by a flag: ETCD_NAME for --name
// (go.etcd.io/etcd/pkg/v3 v3.7.3, flags/flag.go, SetFlagsFromEnv).
func etcdFlags(flags []settings.Setting, env *settings.Value) []settings.Setting {
	if env == nil {
		return flags
	}
	for _, item := range env.Items {
		name, value := item.Get("name"), item.Get("value")
		if name == nil || value == nil {
			continue
		}
		rest, ok := strings.CutPrefix(name.Text, "ETCD_")
		flag := strings.ToLower(strings.ReplaceAll(rest, "_", "-"))
		if ok && flagText(flags, flag) == "" {
			flags = append(flags, settings.Setting{Key: settings.Flag(settings.Etcd, flag), Value: &settings.Value{Kind: settings.String, Text: value.Text, Origin: value.Origin}})
		}
	}
	return flags
}

// image tells the version of Kubernetes by the tag of the API server's image.
func (n *node) image(p *staticPod) []settings.Setting {
	image := p.container.Get("image")
	if image == nil || p.component == settings.Etcd {
		return nil
	}
	name, _, _ := strings.Cut(image.Text, "@")
	colon := strings.LastIndexByte(name, ':')
	if colon < strings.LastIndexByte(name, '/') || colon < 0 || !strings.HasPrefix(name[colon+1:], "v") {
		return nil
	}
	version := name[colon+1:]
	if p.component == settings.APIServer {
		n.out.Version = strings.TrimPrefix(version, "v")
	}
	return []settings.Setting{{
		Key:   settings.Key{Component: p.component, Path: "version"},
		Value: &settings.Value{Kind: settings.String, Text: version, Origin: image.Origin},
	}}
}

// observedVolumes returns the volumes of the host that a pod mounts, as kubeadm's extraVolumes says them.
func observedVolumes(p *staticPod) *settings.Value {
	mounts, volumes := p.container.Get("volumeMounts"), p.spec.Get("volumes")
	if mounts == nil || volumes == nil {
		return nil
	}
	out := &settings.Value{Kind: settings.List, Origin: mounts.Origin}
	for _, m := range mounts.Items {
		name, at := m.Get("name"), m.Get("mountPath")
		if name == nil || at == nil {
			continue
		}
		for _, v := range volumes.Items {
			host := v.Lookup("hostPath", "path")
			if v.Get("name") == nil || v.Get("name").Text != name.Text || host == nil {
				continue
			}
			readOnly := "false"
			if r := m.Get("readOnly"); r != nil && r.Text == "true" {
				readOnly = "true"
			}
			one := &settings.Value{Kind: settings.Map, Origin: m.Origin}
			one.Put("name", name).Put("hostPath", host).Put("mountPath", at).
				Put("readOnly", &settings.Value{Kind: settings.Bool, Text: readOnly, Origin: m.Origin})
			out.Items = append(out.Items, one)
		}
	}
	return out
}

// observedProbes returns how the API server is probed: by tcpSocket, which asks nothing, or by httpGet.
func observedProbes(p *staticPod) []settings.Setting {
	probe := p.container.Get("livenessProbe")
	if probe == nil {
		return nil
	}
	for _, how := range []string{"tcpSocket", "httpGet"} {
		if v := probe.Get(how); v != nil {
			return []settings.Setting{{
				Key:   settings.Key{Component: settings.APIServer, Path: "probes"},
				Value: &settings.Value{Kind: settings.String, Text: how, Origin: v.Origin},
			}}
		}
	}
	return nil
}

// onNode returns where a path that a container sees stands on the node.
func (p *staticPod) onNode(file string) (string, bool) {
	volumes := observedVolumes(p)
	best, on := "", ""
	if volumes == nil {
		return "", false
	}
	for _, v := range volumes.Items {
		at, host := v.Get("mountPath").Text, v.Get("hostPath").Text
		if rest, ok := below(file, at); ok && len(at) > len(best) {
			best, on = at, path.Join(host, rest)
		}
	}
	return on, best != ""
}

// below cuts a directory off a path within it.
func below(file, dir string) (string, bool) {
	file, dir = path.Clean(file), path.Clean(dir)
	if file == dir {
		return "", true
	}
	if dir != "/" {
		dir += "/"
	}
	return strings.CutPrefix(file, dir)
}
