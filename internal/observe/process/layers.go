package process

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/hardstrap/hardstrap/internal/observe"
	"github.com/hardstrap/hardstrap/internal/settings"
)

// Layers returns the flags that processes run with, a layer for each. Of the kubelet they are those of the
// node's role. Processes of which several run have an account each, so that they are not taken for
// one another's.
//
// A component that reads a file of configuration besides shows only a part of its settings here. etcd is
// the exception: with such a file it ignores every other flag and its environment, and without one a variable
// ETCD_NAME stands for the flag --name (go.etcd.io/etcd/server/v3 v3.7.3, etcdmain/config.go).
func Layers(processes []Process, role string) []observe.Layer {
	instances := make(map[string]int)
	for _, p := range processes {
		instances[p.Component]++
	}
	out := make([]observe.Layer, 0, len(processes))
	for _, p := range processes {
		place := "process " + strconv.Itoa(p.PID)
		account := "process"
		if instances[p.Component] > 1 {
			account = place
		}
		found := flags(p, role, settings.Origin{Source: settings.FromProcess, Note: place})
		out = append(out, observe.Layer{
			View: observe.View{Source: settings.FromProcess, Component: p.Component, Account: account,
				Partial: p.Component == settings.Kubelet || text(found, configFlag(p.Component)) != ""},
			Rank: observe.Flags, Place: place, Settings: found,
		})
	}
	return out
}

// configFlag names the flag of the file that a component reads its configuration from; kube-apiserver and
// kube-controller-manager have none.
func configFlag(component string) string {
	switch component {
	case settings.Kubelet, settings.Scheduler, settings.KubeProxy:
		return "config"
	case settings.Etcd:
		return "config-file"
	}
	return ""
}

func flags(p Process, role string, origin settings.Origin) []settings.Setting {
	if p.Component != settings.Kubelet {
		role = ""
	}
	out := observe.Arguments(p.Component, role, p.Args, origin)
	for _, name := range slices.Sorted(maps.Keys(p.Env)) {
		if one, changes := observe.Environment(p.Component, role, name, p.Env[name], origin); changes {
			out = append(out, one)
		}
	}
	if p.Component != settings.Etcd {
		return out
	}
	for _, name := range variables(p.Env) {
		flag := flagOf(name)
		if p.Env[name] == "" || slices.ContainsFunc(out, named(flag)) {
			continue // etcd does not start with both, so that the process told us of one it has no more
		}
		at := origin
		at.Note += ", " + name
		out = append(out, settings.Setting{Key: settings.Flag(settings.Etcd, flag), Value: settings.Of(p.Env[name]).At(at)})
	}
	if text(out, "config-file") != "" {
		out = slices.DeleteFunc(out, func(s settings.Setting) bool { return !named("config-file")(s) })
	}
	return out
}

// variables returns the names of those that stand for flags, sorted. ETCD_VERSION and ETCD_UNSUPPORTED_ARCH
// are read by etcd and are no flags (etcdmain/config.go, etcdmain/etcd.go).
func variables(env map[string]string) []string {
	var out []string
	for name := range env {
		if strings.HasPrefix(name, "ETCD_") && name != "ETCD_VERSION" && name != "ETCD_UNSUPPORTED_ARCH" {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

func named(flag string) func(settings.Setting) bool {
	return func(s settings.Setting) bool { return s.Key.Path == "--"+flag }
}

// text is the value of a flag, of the last one where it stands several times.
func text(found []settings.Setting, flag string) string {
	if flag == "" {
		return ""
	}
	i := slices.IndexFunc(found, named(flag))
	if i < 0 {
		return ""
	}
	texts := found[i].Value.Strings()
	return texts[len(texts)-1]
}

// Missing tells of the components that every node of a role has and that do not run. Of kube-proxy and of a control
// plane's etcd it says nothing: there are clusters without the one and with the other elsewhere.
func Missing(processes []Process, role string) []observe.Unknown {
	var out []observe.Unknown
	for _, component := range expected(role) {
		if !slices.ContainsFunc(processes, func(p Process) bool { return p.Component == component }) {
			out = append(out, unknown(component, "", "no process of it runs on the node", "start it, or look at the node's files alone"))
		}
	}
	return out
}

func expected(role string) []string {
	switch role {
	case settings.ControlPlane:
		return []string{settings.APIServer, settings.ControllerManager, settings.Scheduler, settings.Kubelet}
	case settings.Worker:
		return []string{settings.Kubelet}
	case settings.Etcd:
		return []string{settings.Etcd}
	}
	return nil
}
