package mutation

import (
	"encoding/json"
	"io/fs"
	"path"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/hardstrap/hardstrap/internal/compare"
	"github.com/hardstrap/hardstrap/internal/settings"
)

func found(component, role, at string, d compare.Direction) []expected {
	return []expected{{settings.Key{Component: component, Role: role, Path: at}, d}}
}

// replace changes a text that must be there.
func (m memory) replace(file, old, with string) {
	if !strings.Contains(m[file].data, old) {
		panic(file + " has no " + old)
	}
	m.write(file, strings.Replace(m[file].data, old, with, 1))
}

// decoded is a file of YAML as plain values.
func (m memory) decoded(file string) any {
	var v any
	if err := yaml.Unmarshal([]byte(m[file].data), &v); err != nil {
		panic(err)
	}
	return v
}

func asJSON(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(data)
}

func asYAML(v any) string {
	data, err := yaml.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(data)
}

// flow writes a tree in flow style, and every text in quotes.
func flow(text string) string {
	var n yaml.Node
	if err := yaml.Unmarshal([]byte(text), &n); err != nil {
		panic(err)
	}
	var walk func(n *yaml.Node)
	walk = func(n *yaml.Node) {
		switch {
		case n.Kind == yaml.MappingNode || n.Kind == yaml.SequenceNode:
			n.Style = yaml.FlowStyle
		case n.Kind == yaml.ScalarNode && n.ShortTag() == "!!str":
			n.Style = yaml.DoubleQuotedStyle
		}
		for _, c := range n.Content {
			walk(c)
		}
	}
	walk(&n)
	return asYAML(&n)
}

// yamlFiles are the files of a node that are one YAML document and carry settings.
func (s *subject) yamlFiles() []string {
	var out []string
	for name, f := range s.files {
		if !f.mode.IsRegular() {
			continue
		}
		if name == kubeletFile || path.Dir(name) == "/etc/kubernetes/manifests" && strings.HasSuffix(name, ".yaml") ||
			strings.HasPrefix(name, "/etc/kubernetes/hardstrap/") && strings.HasSuffix(name, ".yaml") {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// writingMutations write files in another way, which changes nothing.
func (s *subject) writingMutations(*score) []mutation {
	var out []mutation
	for _, file := range s.yamlFiles() {
		for kind, write := range map[string]func(string) string{
			"as JSON":             func(text string) string { m := memory{file: {data: text}}; return asJSON(m.decoded(file)) },
			"with sorted keys":    func(text string) string { m := memory{file: {data: text}}; return asYAML(m.decoded(file)) },
			"in flow style":       flow,
			"with comments":       func(text string) string { return "# by hand\n\n" + strings.ReplaceAll(text, "\n", " # here\n\n") },
			"with document marks": func(text string) string { return "---\n" + text + "\n...\n" },
			"with CRLF":           func(text string) string { return strings.ReplaceAll(text, "\n", "\r\n") },
		} {
			out = append(out, mutation{place: "file", kind: "written " + kind, what: file, change: func(s *state) {
				s.files.write(file, write(s.files[file].data))
			}})
		}
	}
	slices.SortFunc(out, func(a, b mutation) int { return strings.Compare(a.String(), b.String()) })
	return out
}

// podMutations change static pods beside their flags.
func (s *subject) podMutations(*score) []mutation {
	if s.Role != settings.ControlPlane {
		return nil
	}
	var out []mutation
	add := func(kind string, want []expected, change func(m memory)) {
		out = append(out, mutation{place: "static pod", kind: kind, want: want, change: func(s *state) { change(s.files) }})
	}
	api, manager, scheduler, etcd := manifestOf(settings.APIServer), manifestOf(settings.ControllerManager), manifestOf(settings.Scheduler), manifestOf(settings.Etcd)
	nothing := func(component string) []expected { return found(component, "", "", unknown) }
	for _, component := range pods() {
		file := manifestOf(component)
		add(component+" in a file of another name", nil, func(m memory) {
			m.write("/etc/kubernetes/manifests/00-site.yaml", m[file].data)
			delete(m, file)
		})
		add(component+" by its path", nil, func(m memory) { m.replace(file, "    - "+component+"\n", "    - /usr/local/bin/"+component+"\n") })
		add(component+" twice", nothing(component), func(m memory) { m.write("/etc/kubernetes/manifests/zz.yaml", m[file].data) })
		add(component+" twice in one pod", nothing(component), func(m memory) {
			m.replace(file, "  hostNetwork: true\n", "  - {name: other, command: [/bin/"+component+", --v=9]}\n  hostNetwork: true\n")
		})
		add(component+" beside another container", nil, func(m memory) {
			m.replace(file, "  - command:\n", "  - {name: side, image: pause, command: [/pause]}\n  - command:\n")
		})
		add(component+" as text that is no YAML", nothing(component), func(m memory) { m.write(file, "spec: [") })
		add(component+" that may not be read", nothing(component), func(m memory) {
			f := m[file]
			f.err = fs.ErrPermission
			m[file] = f
		})
		if component != settings.Etcd {
			add(component+" gone", nothing(component), func(m memory) { delete(m, file) })
			add(component+" in a hidden file", nothing(component), func(m memory) {
				m.write("/etc/kubernetes/manifests/."+component+".yaml", m[file].data)
				delete(m, file)
			})
			add(component+" in a shell", nothing(component), func(m memory) {
				m.replace(file, "    - "+component+"\n", "    - /bin/sh\n    - -c\n    - exec "+component+" $0\n")
			})
			older, newer := "image: registry.k8s.io/"+component+":v1.32.1", "image: registry.k8s.io/"+component+":v1.99.0"
			image := "image: registry.k8s.io/" + component + ":v" + s.wanted.Version
			add(component+" of an older version", found(settings.Kubeadm, "", "kubernetesVersion", weaker), func(m memory) { m.replace(file, image, older) })
			add(component+" of a newer version", found(settings.Kubeadm, "", "kubernetesVersion", stronger), func(m memory) { m.replace(file, image, newer) })
		}
		volumes := func(d compare.Direction) []expected { return found(component, "", "extraVolumes", d) }
		mount := func(m memory, host, at, more string) {
			m.replace(file, "    volumeMounts:\n", "    volumeMounts:\n    - {mountPath: "+at+", name: site"+more+"}\n")
			m.replace(file, "  volumes:\n", "  volumes:\n  - {name: site, hostPath: {path: "+host+"}}\n")
		}
		add(component+" sees the node's root", volumes(weaker), func(m memory) { mount(m, "/", "/host", "") })
		add(component+" reads the node's root", volumes(different), func(m memory) { mount(m, "/", "/host", ", readOnly: true") })
	}
	add("a variable for a flag's value", nil, func(m memory) {
		m.setWords(settings.APIServer, "profiling", "--profiling=$(PROFILING)")
		m.env(settings.APIServer, "PROFILING", "false")
	})
	add("a variable for a weaker value", found(settings.Scheduler, "", "--profiling", weaker), func(m memory) {
		m.setWords(settings.Scheduler, "profiling", "--profiling=$(PROFILING)")
		m.env(settings.Scheduler, "PROFILING", "true")
	})
	add("the PKI from another directory", found(settings.APIServer, "", "extraVolumes", different), func(m memory) {
		m.replace(api, "      path: /etc/kubernetes/pki\n", "      path: /tmp/pki\n")
	})
	add("the PKI writable", found(settings.APIServer, "", "extraVolumes", weaker), func(m memory) {
		m.replace(api, "      name: k8s-certs\n      readOnly: true\n", "      name: k8s-certs\n")
	})
	add("another kubeconfig behind the mount", found(settings.ControllerManager, "", "extraVolumes", different), func(m memory) {
		m.replace(manager, "      path: /etc/kubernetes/controller-manager.conf\n", "      path: /tmp/controller-manager.conf\n")
	})
	add("a scheduler with a file", append(found(settings.Scheduler, "", "--config", different), s.overridden()...), func(m memory) {
		m.setWords(settings.Scheduler, "config", "--config=/etc/kubernetes/scheduler.yaml")
	})
	add("etcd with a file", nothing(settings.Etcd), func(m memory) { m.setWords(settings.Etcd, "config-file", "--config-file=/etc/etcd.yaml") })
	add("etcd with a file in its environment", nothing(settings.Etcd), func(m memory) { m.env(settings.Etcd, "ETCD_CONFIG_FILE", "/etc/etcd.yaml") })
	add("a flag behind a word that ends them", found(settings.Etcd, "", "--client-cert-auth", weaker), func(m memory) {
		m.setWords(settings.Etcd, "client-cert-auth")
		m.args(settings.Etcd, "word", "--client-cert-auth=true")
	})
	_ = scheduler
	if strings.Contains(s.files[api].data, "hardstrap-audit\n      readOnly: true") {
		add("the audit policy's mount writable", found(settings.APIServer, "", "extraVolumes", weaker), func(m memory) {
			m.replace(api, "      name: hardstrap-audit\n      readOnly: true\n", "      name: hardstrap-audit\n")
		})
	}
	add("other probes", found(settings.APIServer, "", "probes", different), func(m memory) {
		pod := parsed(m[api].data)
		probe := pod.at("spec").list("containers")[0].at("livenessProbe")
		if probe["tcpSocket"] == nil {
			delete(probe, "httpGet")
			probe["tcpSocket"] = tree{"port": 6443}
		} else {
			delete(probe, "tcpSocket")
			probe["httpGet"] = tree{"path": "/livez", "port": 6443, "scheme": "HTTPS"}
		}
		m.write(api, asYAML(pod))
	})
	add("static pods elsewhere", append(found(settings.Kubelet, s.Role, "staticPodPath", different), s.modesGone()...), func(m memory) {
		for _, file := range []string{api, manager, scheduler, etcd} {
			m.write("/srv/pods/"+path.Base(file), m[file].data)
			delete(m, file)
		}
		m.set(kubeletFile, "staticPodPath", "/srv/pods")
	})
	return out
}

// modesGone is nothing: files that are not there have no modes.
func (s *subject) modesGone() []expected { return nil }

// overridden are the scheduler's flags that its file decides, as far as they are looked at.
func (s *subject) overridden() []expected {
	var out []expected
	for _, name := range s.minor.Flags(settings.Scheduler) {
		if of, ok := s.minor.FlagField(settings.Scheduler, name); ok && of.Precedence == "file" {
			out = append(out, found(settings.Scheduler, "", "--"+name, unknown)...)
		}
	}
	return out
}

// unitMutations change how systemd starts the kubelet.
func (s *subject) unitMutations(*score) []mutation {
	var out []mutation
	add := func(kind string, want []expected, change func(m memory)) {
		out = append(out, mutation{place: "unit", kind: kind, want: want, change: func(s *state) { change(s.files) }})
	}
	anonymous := found(settings.Kubelet, s.Role, "authentication.anonymous.enabled", weaker)
	nothing := found(settings.Kubelet, s.Role, "", unknown)
	const flag = "--anonymous-auth=true"
	environment := "[Service]\nEnvironment=\"KUBELET_EXTRA_ARGS=" + flag + "\"\n"
	for _, dir := range []string{
		"/etc/systemd/system/kubelet.service.d", "/run/systemd/system/kubelet.service.d", "/usr/lib/systemd/system/kubelet.service.d",
		"/etc/systemd/system.control/kubelet.service.d", "/run/systemd/transient/kubelet.service.d", "/etc/systemd/system/service.d",
	} {
		add("a weaker flag in "+dir, anonymous, func(m memory) {
			delete(m, defaultEnv)
			m.write(dir+"/50-site.conf", environment)
		})
		add("a file that wins over a variable in "+dir, nil, func(m memory) { m.write(dir+"/50-site.conf", environment) })
	}
	add("a variable in another section", nil, func(m memory) {
		delete(m, defaultEnv)
		m.write(kubeletUnit, "[Unit]\nEnvironment=\"KUBELET_EXTRA_ARGS="+flag+"\"\n")
	})
	add("a variable that is taken back", nil, func(m memory) {
		delete(m, defaultEnv)
		m.write(kubeletUnit, environment+"Environment=\nEnvironment=\"KUBELET_CONFIG_ARGS=--config="+kubeletFile+"\"\n")
	})
	add("another file of variables", anonymous, func(m memory) {
		m.write(kubeletUnit, "[Service]\nEnvironmentFile=/etc/site-*.env\n")
		m.write("/etc/site-kubelet.env", "KUBELET_EXTRA_ARGS='"+flag+"'\n")
	})
	add("a file of variables that is missing", nothing, func(m memory) { m.write(kubeletUnit, "[Service]\nEnvironmentFile=/etc/site.env\n") })
	add("a variable in braces", anonymous, func(m memory) {
		m.write(kubeletUnit, "[Service]\nEnvironment=WHETHER=true\nExecStart=\nExecStart=-@/usr/bin/kubelet kubelet $KUBELET_CONFIG_ARGS --anonymous-auth=${WHETHER}\n")
	})
	add("a drop-in that hides kubeadm's", anonymous, func(m memory) {
		m.write("/etc/systemd/system/kubelet.service.d/10-kubeadm.conf", "[Service]\nExecStart=\nExecStart=/usr/bin/kubelet --config="+kubeletFile+" "+flag+"\n")
	})
	add("a unit of one's own", anonymous, func(m memory) {
		m.write("/etc/systemd/system/kubelet.service", "[Service]\nExecStart=/usr/bin/kubelet\n")
		m.write(kubeletUnit, "[Service]\nExecStart=\nExecStart=/usr/bin/kubelet --config "+kubeletFile+" \\\n# a comment\n  "+flag+"\n")
	})
	add("kubeadm's drop-in masked", nothing, func(m memory) { m.link("/etc/systemd/system/kubelet.service.d/10-kubeadm.conf", "/dev/null") })
	add("a kubelet without its file", nothing, func(m memory) { m.write(kubeletUnit, "[Service]\nEnvironment=KUBELET_CONFIG_ARGS=\n") })
	add("the file in another place", nil, func(m memory) {
		m.write("/srv/kubelet.yaml", m[kubeletFile].data)
		m.write(kubeletUnit, "[Service]\nEnvironment=\"KUBELET_CONFIG_ARGS=--config=/srv/kubelet.yaml\"\n")
	})
	add("a weaker file in another place", anonymous, func(m memory) {
		m.write("/srv/kubelet.yaml", m[kubeletFile].data)
		m.set("/srv/kubelet.yaml", "authentication.anonymous.enabled", true)
		m.write(kubeletUnit, "[Service]\nEnvironment=\"KUBELET_CONFIG_ARGS=--config=/srv/kubelet.yaml\"\n")
	})
	for name, want := range map[string][]expected{"50.conf": anonymous, "sub/50.conf": anonymous, "50.yaml": nil, "50.conf.bak": nil} {
		add("a weaker drop-in "+name, want, func(m memory) { m.dropIn(name, "authentication.anonymous.enabled", true) })
	}
	add("a drop-in that is no YAML", nothing, func(m memory) {
		m.dropIn("50.conf", "eventBurst", 1)
		m.write(kubeletDrops+"/50.conf", "kind: [")
	})
	add("log levels of files", found(settings.Kubelet, s.Role, "logging.vmodule", different), func(m memory) {
		m.environmentOf(kubeadmEnv, "KUBELET_KUBEADM_ARGS", "--vmodule=request=9")
	})
	slices.SortFunc(out, func(a, b mutation) int { return strings.Compare(a.String(), b.String()) })
	return out
}
