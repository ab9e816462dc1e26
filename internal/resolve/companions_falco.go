package resolve

import (
	"fmt"
	"path"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hardstrap/hardstrap/internal/layout"
	"github.com/hardstrap/hardstrap/internal/settings"
	"github.com/hardstrap/hardstrap/profiles"
)

// The rules were written against falcosecurity/rules at c72713e (rules/falco_rules.yaml, whose
// macros open_write, open_read and spawned_process they repeat under names of their own, because a
// macro that a later file defines again replaces the first) and against the grammar and fields of
// falcosecurity/libs at 48dfd53 (userspace/libsinsp/filter/parser.h, sinsp_filtercheck_fd.cpp,
// sinsp_filtercheck_fspath.cpp, sinsp_filtercheck_thread.cpp).
const (
	falcoEngine    = "0.57.0" // what those rules require; Falco 0.43 has it
	falcoContainer = "0.4.0"  // the plugin that gives k8s.ns.name, as those rules require it
)

// falco makes a file of rules, as a list.
func (b *builder) falco(f *profiles.Falco, p place) {
	rules := []any{map[string]any{"required_engine_version": falcoEngine}}
	if len(f.Processes) > 0 {
		rules = append(rules, map[string]any{"required_plugin_versions": []any{
			map[string]any{"name": "container", "version": falcoContainer},
		}})
	}
	if f.ControlPlaneFiles != nil && *f.ControlPlaneFiles {
		rules = append(rules, b.fileRules(p.in("controlPlaneFiles"))...)
	}
	if len(f.Processes) > 0 {
		rules = append(rules, falcoMacro("hardstrap_spawned_process", "(evt.type in (execve, execveat))"))
	}
	for i, processes := range f.Processes {
		rules = append(rules, b.processRule(processes, p.in("processes", strconv.Itoa(i))))
	}
	b.derive(companionKey("falco/rules"), settings.Document, rules, p)
}

func falcoMacro(name, condition string) map[string]any {
	return map[string]any{"macro": name, "condition": condition}
}

func falcoList(name string, items ...string) map[string]any {
	return map[string]any{"list": name, "items": items}
}

// The fields with which rules say who did what.
const (
	falcoActor = "user=%user.name loginuid=%user.loginuid process=%proc.name exe=%proc.exepath parent=%proc.pname command=%proc.cmdline"
	falcoPod   = "namespace=%k8s.ns.name pod=%k8s.pod.name container=%container.name image=%container.image.repository"
)

// falcoText writes a text of the profile into a condition. Falco's lexer ends a quoted text at the
// next quote without a backslash before it, a backslash may not stand at the end, and the names of
// lists are replaced even within quotes where blanks, commas, parentheses or = are around them
// (falcosecurity/libs, filter/parser.cpp, lex_quoted_str; falcosecurity/falco at 1307474,
// rule_loader_compiler.cpp, resolve_list). So all of these are refused.
func falcoText(text string) (string, error) {
	if text == "" || !utf8.ValidString(text) {
		return "", fmt.Errorf("%q cannot be written into a condition of Falco", text)
	}
	for _, r := range text {
		if !unicode.IsPrint(r) || r == ' ' || strings.ContainsRune(`'"\(),=`, r) {
			return "", fmt.Errorf(`%q cannot be written into a condition of Falco; it may hold no blank and none of '"\(),=`, text)
		}
	}
	return "'" + text + "'", nil
}

// falcoTexts writes texts as the items of a list value. What cannot be written is reported at p.
func (b *builder) falcoTexts(p place, texts ...string) string {
	var out []string
	for _, text := range texts {
		quoted, err := falcoText(text)
		if err != nil {
			b.fault(p, "leave it out of what Falco watches", "%v", err)
			continue
		}
		out = append(out, quoted)
	}
	return strings.Join(out, ", ")
}

// processRule tells of processes that a namespace's list does not have. Every pod has a pause
// container, which is always allowed.
func (b *builder) processRule(a profiles.AllowedProcesses, p place) map[string]any {
	names := append([]string{"pause"}, a.Names...)
	return map[string]any{
		"rule":      "hardstrap: process outside of the allow-list of namespace " + a.Namespace,
		"desc":      "A process was started in this namespace that the profile does not list.",
		"condition": fmt.Sprintf("hardstrap_spawned_process and k8s.ns.name = %s and not proc.name in (%s)", b.falcoTexts(p.in("namespace"), a.Namespace), b.falcoTexts(p.in("names"), names...)),
		"output":    "Process outside of the allow-list | " + falcoActor + " " + falcoPod,
		"priority":  "WARNING",
		"tags":      []string{"hardstrap", "container", "process"},
	}
}

// watched is files of a node and the processes that may touch them.
type watched struct {
	name    string   // of the macro and of the list
	what    string   // in the rule's name
	files   []string // exactly
	dirs    []string // and all below
	writers []string
	readers []string // nil: reading is not told of
	except  string   // a condition under which reading is not told of either
}

// controlPlaneFiles lists what kubeadm and the bundle put on a control-plane node or an etcd member
// and what the settings name. Process names are the kernel's, at most 15 bytes: systemd-tmpfile,
// kube-controller.
func (b *builder) controlPlaneFiles() []watched {
	config := watched{
		name: "configuration", what: "control plane configuration",
		files: []string{
			"/etc/kubernetes/admin.conf", "/etc/kubernetes/super-admin.conf", "/etc/kubernetes/kubelet.conf",
			"/etc/kubernetes/controller-manager.conf", "/etc/kubernetes/scheduler.conf",
			"/var/lib/kubelet/config.yaml", "/var/lib/kubelet/kubeadm-flags.env",
		},
		dirs:    []string{"/etc/kubernetes/manifests", layout.PKI, layout.Config, layout.Kubeadm, "/etc/systemd/system/kubelet.service.d"},
		writers: []string{"kubeadm", "kubelet", "hardstrap", "systemd-tmpfile"}, // a joining kubelet writes kubelet.conf
	}
	host := func(prefix string) bool {
		for _, role := range append(roles(), settings.Etcd) {
			for _, s := range b.set.Of(settings.Host, role) {
				if strings.HasPrefix(s.Key.Path, prefix) {
					return true
				}
			}
		}
		return false
	}
	for _, f := range []struct {
		prefix string
		files  []string
	}{
		{"sysctl/", []string{layout.Sysctl}},
		{"tmpfile/", []string{layout.Tmpfiles}},
		{"user/", []string{layout.Sysusers}},
		{"firewall/", []string{layout.Firewall, layout.FirewallUnit}},
	} {
		if host(f.prefix) {
			config.files = append(config.files, f.files...)
		}
	}
	keys := watched{
		name: "encryption_keys", what: "encryption keys",
		readers: []string{"kube-apiserver", "hardstrap"}, writers: []string{"hardstrap"},
	}
	if d, ok := layout.DocumentFor("EncryptionConfiguration"); ok && b.set.Value(settings.Key{Component: settings.APIServer, Path: d.Path}) != nil {
		keys.files = []string{d.File}
	}
	audit := watched{name: "audit_log", what: "audit log", writers: []string{"kube-apiserver", "systemd-tmpfile"}}
	if file := b.set.Flag(settings.APIServer, "audit-log-path"); file != nil && file.Text != "-" {
		audit.dirs = []string{path.Dir(file.Text)}
	}
	if b.profile.Etcd.External != nil {
		config.files = append(config.files, layout.EtcdConfig, layout.EtcdUnit)
		config.dirs = append(config.dirs, etcdPKI)
	}
	data := watched{
		name: "etcd_data", what: "etcd data", dirs: []string{b.etcdDataDir()},
		readers: []string{"etcd", "etcdutl"}, writers: []string{"etcd", "kubeadm", "systemd-tmpfile"},
		// kubeadm upgrade copies it (kubernetes v1.37.0, cmd/kubeadm/app/util/files/copy_unix.go).
		except: "(proc.name = cp and proc.pname = kubeadm)",
	}
	return []watched{config, keys, audit, data}
}

// fileRules makes for each kind of files its lists, a macro of its paths, and the rules.
func (b *builder) fileRules(p place) []any {
	out := []any{
		falcoMacro("hardstrap_open_write", "(evt.type in (open, openat, openat2) and evt.is_open_write = true and fd.typechar = 'f' and fd.num >= 0)"),
		falcoMacro("hardstrap_open_read", "(evt.type in (open, openat, openat2) and evt.is_open_read = true and fd.typechar = 'f' and fd.num >= 0)"),
		falcoMacro("hardstrap_change_path", "(evt.type in (unlink, unlinkat, rmdir, chmod, fchmod, fchmodat, chown, lchown, fchown, fchownat))"),
		falcoMacro("hardstrap_change_paths", "(evt.type in (rename, renameat, renameat2, link, linkat, symlink, symlinkat))"),
	}
	for _, w := range b.controlPlaneFiles() {
		if len(w.files)+len(w.dirs) > 0 {
			out = append(out, b.watch(w, p)...)
		}
	}
	return out
}

func (b *builder) watch(w watched, p place) []any {
	prefix := "hardstrap_" + w.name
	rule := func(verb, desc, condition, output string) map[string]any {
		return map[string]any{
			"rule": "hardstrap: " + w.what + " " + verb, "desc": desc, "condition": condition, "priority": "CRITICAL",
			"output": "File " + verb + ": " + w.what + " | " + output + " " + falcoActor, "tags": []string{"hardstrap", "host", "filesystem"},
		}
	}
	out := []any{
		falcoList(prefix+"_writers", w.writers...),
		falcoMacro(prefix+"_opened", b.falcoPaths(w, p, "fd.name")),
		falcoMacro(prefix+"_named", b.falcoPaths(w, p, "fs.path.name")),
		falcoMacro(prefix+"_moved", b.falcoPaths(w, p, "fs.path.source", "fs.path.target")),
		rule("written", "A file was opened for writing by a process that has no business there.",
			fmt.Sprintf("hardstrap_open_write and %[1]s_opened and not proc.name in (%[1]s_writers)", prefix), "file=%fd.name"),
		rule("changed", "A file was removed, renamed or linked, or its mode or owner changed, by a process that has no business there.",
			fmt.Sprintf("((hardstrap_change_path and %[1]s_named) or (hardstrap_change_paths and %[1]s_moved)) and not proc.name in (%[1]s_writers)", prefix),
			"event=%evt.type file=%fs.path.name from=%fs.path.source to=%fs.path.target"),
	}
	if w.readers == nil {
		return out
	}
	condition := fmt.Sprintf("hardstrap_open_read and %[1]s_opened and not proc.name in (%[1]s_readers)", prefix)
	if w.except != "" {
		condition += " and not " + w.except
	}
	return append(out,
		falcoList(prefix+"_readers", w.readers...),
		rule("read", "A file that holds secrets was opened for reading by a process that has no business there.", condition, "file=%fd.name"))
}

// falcoPaths is the condition that one of the fields is one of the paths or below one. startswith
// and a slash is used and not pmatch, which would take *, ? and [ in a path for patterns.
func (b *builder) falcoPaths(w watched, p place, fields ...string) string {
	var parts []string
	for _, field := range fields {
		if len(w.files) > 0 {
			parts = append(parts, fmt.Sprintf("%s in (%s)", field, b.falcoTexts(p, w.files...)))
		}
		for _, dir := range w.dirs {
			parts = append(parts, fmt.Sprintf("%s startswith %s", field, b.falcoTexts(p, strings.TrimSuffix(dir, "/")+"/")))
		}
	}
	return "(" + strings.Join(parts, " or ") + ")"
}
