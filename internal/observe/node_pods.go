package observe

import (
	"cmp"
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
	words     []word // what the component is given
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
			mayBeElsewhere := component == settings.Etcd && !ownEtcd(pods[settings.APIServer])
			if !mayBeElsewhere && !n.isUnknown(component) {
				n.unknown(component, nil, settings.Origin{Source: settings.FromFile, File: n.manifests}, "no static pod below "+n.manifests+" runs "+component, "")
			}
			continue
		}
		n.pod(pod)
	}
}

// ownEtcd reports whether the API server's etcd is on the same node. One that is not there stands elsewhere.
func ownEtcd(apiServer *staticPod) bool {
	if apiServer == nil {
		return false
	}
	servers := flagText(flagsOf(settings.APIServer, "", apiServer.words), "etcd-servers")
	return strings.Contains(servers, "//127.0.0.1:") || strings.Contains(servers, "//[::1]:") || strings.Contains(servers, "//localhost:")
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
	if kind := doc.Get("kind"); kind == nil || kind.Text != "Pod" {
		if component != "" {
			n.unknown(component, nil, doc.Origin, file+" holds no Pod, and the kubelet runs nothing else", "")
		}
		return nil
	}
	spec := doc.Get("spec")
	var found *staticPod
	for _, c := range itemsOf(spec.Lookup("containers")) {
		component, words := programOf(c)
		switch {
		case component == "":
			n.hidden(file, c)
		case found != nil:
			n.unknown(component, nil, c.Origin, file+" runs "+found.component+" and "+component, "leave one of them in it")
		default:
			found = &staticPod{file, component, spec, c, words}
		}
	}
	for _, c := range itemsOf(spec.Lookup("initContainers")) { // one that is started again runs beside the others
		if component, _ := programOf(c); component != "" {
			n.unknown(component, nil, c.Origin, file+" runs "+component+" before its containers", "run it in a container")
		} else {
			n.hidden(file, c)
		}
	}
	return found
}

// programOf returns the component that a container starts, and what it is given: by its command, or by its image where
// it has none. Upstream's images start the program of their own name (k8s.io/kubernetes v1.37.0,
// build/server-image/Dockerfile).
func programOf(container *settings.Value) (string, []word) {
	words := commandOf(container)
	for _, component := range controlPlane() {
		switch {
		case container.Get("command") == nil && imageName(container) == component:
			return component, words
		case container.Get("command") != nil && len(words) > 0 && path.Base(words[0].text) == component:
			return component, words[1:]
		}
	}
	return "", nil
}

// hidden looks for components that a container starts in a way that does not show with what: in a script, or in an
// image of a component that is given another program.
func (n *node) hidden(file string, container *settings.Value) {
	for _, component := range controlPlane() {
		found := component != settings.Etcd && imageName(container) == component // etcd's image has etcdctl, too
		for _, w := range commandOf(container) {
			for _, text := range strings.FieldsFunc(w.text, func(r rune) bool { return strings.ContainsRune(" \t\r\n;&|()\"'`", r) }) {
				found = found || text == component || strings.HasSuffix(text, "bin/"+component)
			}
		}
		if found {
			n.unknown(component, nil, container.Origin, file+" may run "+component+" in a container that starts something else, so that its flags do not show",
				"start "+component+" itself")
		}
	}
}

// imageName is the last part of an image's name, without tag and digest.
func imageName(container *settings.Value) string {
	repository, _ := imageOf(container)
	return path.Base(repository)
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
			switch name, value := item.Get("name"), item.Get("value"); {
			case name != nil && value != nil:
				variables[name.Text] = expanded(value.Text, variables)
			case name != nil:
				delete(variables, name.Text) // of the pod's fields, or empty
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
	found := flagsOf(p.component, "", p.words)
	if n.fromFields(p) {
		return
	}
	if p.component == settings.Etcd {
		found = n.etcdFlags(p, found)
		if file := flagText(found, "config-file"); file != "" {
			// It then reads nothing else (go.etcd.io/etcd/server/v3 v3.7.3, etcdmain/config.go, parse).
			n.unknown(settings.Etcd, nil, p.container.Origin, "etcd reads "+file+" and ignores every flag", "say with flags what the file says")
			return
		}
	}
	found = slices.Concat(found, p.environment(), n.image(p), p.isolation())
	if p.component == settings.APIServer {
		found = append(found, n.apiServerDocuments(p, found)...)
		found = append(found, observedProbes(p)...)
	}
	if volumes := observedVolumes(p); volumes != nil {
		found = append(found, settings.Setting{Key: settings.Key{Component: p.component, Path: "extraVolumes"}, Shape: settings.Unordered, Value: volumes})
	}
	n.layer(p.component, "manifest", Flags, p.file, found)
}

// fromFields reports whether a flag takes its value from the pod's fields, as an annotation, or from what only the cluster
// has: then nobody knows the flags.
func (n *node) fromFields(p *staticPod) bool {
	for _, item := range itemsOf(p.container.Get("env")) {
		name := item.Get("name")
		if name == nil || item.Get("valueFrom") == nil {
			continue
		}
		for _, w := range p.words {
			if strings.Contains(w.text, "$("+name.Text+")") {
				n.unknown(p.component, nil, w.origin, p.file+" has a flag that the variable "+name.Text+" makes, and no value for it", "write the value into the flag")
				return true
			}
		}
	}
	return false
}

// etcdFlags adds what etcd is told by its environment and not by a flag: ETCD_NAME for --name, of several the last
// (go.etcd.io/etcd/pkg/v3 v3.7.3, flags/flag.go, SetFlagsFromEnv).
func (n *node) etcdFlags(p *staticPod, flags []settings.Setting) []settings.Setting {
	given := flags
	env := itemsOf(p.container.Get("env"))
	for i, item := range slices.Backward(env) {
		name, value := item.Get("name"), item.Get("value")
		if name == nil || slices.ContainsFunc(env[i+1:], func(later *settings.Value) bool { return textAt(later, "name") == name.Text }) {
			continue
		}
		rest, ok := strings.CutPrefix(name.Text, "ETCD_")
		ok = ok && rest != "VERSION" && rest != "UNSUPPORTED_ARCH" // read by etcd, and no flags (etcdmain/etcd.go)
		flag := "--" + strings.ToLower(strings.ReplaceAll(rest, "_", "-"))
		switch {
		case !ok, slices.ContainsFunc(given, func(s settings.Setting) bool { return s.Key.Path == flag }):
		case item.Get("valueFrom") != nil:
			paths := []string{flag}
			if flag == "--config-file" {
				paths = nil
			}
			n.unknown(settings.Etcd, paths, item.Origin, p.file+" gives the variable "+name.Text+" no value of its own", "write the value into a flag")
		case value != nil && value.Text != "":
			flags = append(flags, settings.Setting{
				Key: settings.Key{Component: settings.Etcd, Path: flag}, Value: &settings.Value{Kind: settings.String, Text: value.Text, Origin: value.Origin},
			})
		}
	}
	return flags
}

// environment tells of the variables that change what a component does.
func (p *staticPod) environment() []settings.Setting {
	var out []settings.Setting
	for _, item := range itemsOf(p.container.Get("env")) {
		if one, ok := Environment(p.component, "", textAt(item, "name"), textAt(item, "value"), item.Origin); ok {
			out = append(out, one)
		}
	}
	return out
}

func itemsOf(v *settings.Value) []*settings.Value {
	if v == nil {
		return nil
	}
	return v.Items
}

func textAt(v *settings.Value, key string) string {
	if t := v.Get(key); t != nil {
		return t.Text
	}
	return ""
}

// imageOf returns the repository of a container's image, and its tag, or its digest where it has no tag.
func imageOf(container *settings.Value) (repository, tag string) {
	name, digest, _ := strings.Cut(textAt(container, "image"), "@")
	colon := strings.LastIndexByte(name, ':')
	switch {
	case colon > strings.LastIndexByte(name, '/'):
		return name[:colon], name[colon+1:]
	case digest != "":
		return name, digest
	}
	return name, "latest"
}

// image tells the version of Kubernetes by the tag of the image, and where the image is from.
func (n *node) image(p *staticPod) []settings.Setting {
	image := p.container.Get("image")
	if image == nil {
		return nil
	}
	repository, tag := imageOf(p.container)
	text := func(path, text string) settings.Setting {
		return settings.Setting{Key: settings.Key{Component: p.component, Path: path}, Value: &settings.Value{Kind: settings.String, Text: text, Origin: image.Origin}}
	}
	if from, own := strings.CutSuffix(repository, "/"+p.component); own {
		repository = from
	}
	out := []settings.Setting{text("imageRepository", repository)}
	if p.component == settings.Etcd { // its versions are its own
		return out
	}
	if p.component == settings.APIServer && strings.HasPrefix(tag, "v") {
		n.out.Version = strings.TrimPrefix(tag, "v")
	}
	return append(out, text("version", tag))
}

// isolation lists what sets a pod less apart from the node than kubeadm's are: those have the node's network, the
// runtime's seccomp profile and nothing else (k8s.io/kubernetes v1.37.0, cmd/kubeadm/app/util/staticpod/utils.go, ComponentPod).
func (p *staticPod) isolation() []settings.Setting {
	out := []string{}
	for _, name := range []string{"hostPID", "hostIPC", "shareProcessNamespace"} {
		if textAt(p.spec, name) == "true" {
			out = append(out, name)
		}
	}
	profile := textAt(p.spec.Lookup("securityContext", "seccompProfile"), "type")
	for _, c := range itemsOf(p.spec.Get("containers")) {
		context := c.Get("securityContext")
		if of := cmp.Or(textAt(context.Get("seccompProfile"), "type"), profile); c == p.container && (of == "" || of == "Unconfined") {
			out = append(out, "no seccomp profile")
		}
		if textAt(context, "privileged") == "true" {
			out = append(out, "privileged")
		}
		if textAt(context, "procMount") == "Unmasked" {
			out = append(out, "procMount Unmasked")
		}
		for _, capability := range itemsOf(context.Lookup("capabilities", "add")) {
			out = append(out, "capability "+capability.Text)
		}
	}
	if len(out) == 0 {
		return nil
	}
	slices.Sort(out)
	return []settings.Setting{{
		Key: settings.Key{Component: p.component, Path: "isolation"}, Shape: settings.Unordered, Value: settings.Of(slices.Compact(out)).At(p.spec.Origin),
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
			if v.Get("name") == nil || v.Get("name").Text != name.Text {
				continue
			}
			host := hostOf(v, m)
			if host == nil {
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

// hostOf returns what of the node a mount shows: a path, or the kind of a volume that is not the node's. An empty
// directory hides something only where a component has files.
func hostOf(volume, mount *settings.Value) *settings.Value {
	sub := textAt(mount, "subPath")
	if expression := textAt(mount, "subPathExpr"); expression != "" {
		sub = "(" + expression + ")" // of the pod's variables
	}
	if host := volume.Lookup("hostPath", "path"); host != nil {
		out := *host
		if sub != "" {
			out.Text = path.Join(host.Text, sub)
		}
		return &out
	}
	for _, e := range volume.Entries {
		_, inEtc := below(textAt(mount, "mountPath"), "/etc")
		_, inUsr := below(textAt(mount, "mountPath"), "/usr")
		_, inVar := below(textAt(mount, "mountPath"), "/var")
		if e.Key == "name" || e.Key == "emptyDir" && !inEtc && !inUsr && !inVar {
			continue
		}
		return &settings.Value{Kind: settings.String, Text: "(" + e.Key + ")", Origin: e.Origin}
	}
	return nil
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
	return on, path.IsAbs(on)
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
