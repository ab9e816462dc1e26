package admissionpolicy

import (
	"slices"
	"strings"
)

func privileged() policy {
	p := containers("Containers must not be processes of the node with all its rights.",
		containersWhere("c.?securityContext.?privileged.orValue(false)"),
		"securityContext.privileged must not be true")
	const hostProcess = ".?securityContext.?windowsOptions.?hostProcess.orValue(false)"
	p.variables = append(p.variables, variable{"hostProcess",
		podWhere("variables.spec"+hostProcess) + containersWhere("c"+hostProcess)})
	p.validations = append(p.validations, nobody("hostProcess", "securityContext.windowsOptions.hostProcess must not be true"))
	return p
}

// unconfined is true where a pod's or container's profile of that name is switched off.
func unconfined(of, profile string) string {
	return of + ".?securityContext.?" + profile + `.?type.orValue("") == "Unconfined"`
}

// qualified is the images by their full names. One without a registry is of Docker Hub; what stands
// before the first slash is a registry where it has a dot, a colon or an upper-case letter, or is
// localhost (github.com/distribution/reference v0.6.0, normalize.go, splitDockerDomain, which
// container runtimes use).
func qualified() variable {
	return variable{"qualified", `variables.images.map(i, {
  "name": i.name,
  "image":
    i.image.matches("^(localhost|[^/]*[.:A-Z][^/]*)/") ? i.image :
    i.image.contains("/") ? "docker.io/" + i.image :
    "docker.io/library/" + i.image
})`}
}

// registries are the beginnings that an image's full name may have.
func registries(allowed []string) variable {
	var starts []string
	for _, r := range allowed {
		starts = append(starts, r+"/")
	}
	return variable{"registries", literals(starts)}
}

// resources lets a limit count as the request that it becomes (kubernetes v1.37.0,
// pkg/apis/core/v1/defaults.go), so a memory limit is enough for memory. A container needs no
// CPU limit: it throttles, and protects nobody.
func resources() policy {
	cpu := func(of string) string {
		return of + ".?resources.?requests.?cpu.hasValue() || " + of + ".?resources.?limits.?cpu.hasValue()"
	}
	memory := func(of string) string { return of + ".?resources.?limits.?memory.hasValue()" }
	return pod("Pods must say what they take, so that none starves its neighbours.",
		variable{"offenders", namesWhere("containers", "c", "!(\n  (variables.podCPU || "+cpu("c")+") &&\n  (variables.podMemory || "+memory("c")+")\n)")},
		nobody("offenders", "resources.requests.cpu, resources.requests.memory and resources.limits.memory must be set"),
	).with(
		variable{"containers", "variables.spec.?containers.orValue([]) +\nvariables.spec.?initContainers.orValue([])"},
		variable{"podCPU", cpu("variables.spec")},
		variable{"podMemory", memory("variables.spec")},
	)
}

// runtimeSockets compares paths without empty and "." parts; ".." is refused upstream (kubernetes
// v1.37.0, pkg/apis/core/validation/validation.go, validateHostPathVolumeSource). With a slash
// at both ends, a socket is held by what it starts with. Where a link of a process in /proc leads
// cannot be told from the path, and /proc/1/root is the node's own root (proc_pid_root(5)).
func runtimeSockets() policy {
	var sockets []string
	for _, dir := range []string{"/run/", "/var/run/"} {
		for _, socket := range []string{"containerd/containerd.sock", "crio/crio.sock", "docker.sock", "cri-dockerd.sock", "podman/podman.sock"} {
			sockets = append(sockets, dir+socket+"/")
		}
	}
	return pod("Pods must not reach the container runtime: who speaks to it owns the node.",
		variable{"offenders", namesWhere("hostPaths", "v", "variables.sockets.exists(s, s.startsWith(v.path)) ||\n"+
			`v.path.matches("^/proc/([0-9]+|self|thread-self)/(root|cwd|fd|task)/")`)},
		nobody("offenders", "the container runtime's socket must not be mounted"),
	).with(
		variable{"sockets", literals(sockets)},
		variable{"hostPaths", `variables.spec.?volumes.orValue([])
  .filter(v, has(v.hostPath))
  .map(v, {
    "name": string(v.name),
    "path": "/" + v.hostPath.path.split("/").filter(p, !(p in ["", "."])).map(p, p + "/").join("")
  })`},
	)
}

// credentials are names that clouds' own tools read.
func credentials() []string {
	return []string{
		"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
		"AZURE_CLIENT_SECRET", "AZURE_PASSWORD", "AZURE_STORAGE_KEY", "AZURE_STORAGE_CONNECTION_STRING",
		"ARM_CLIENT_SECRET", "ARM_ACCESS_KEY",
		"GOOGLE_CREDENTIALS", "GOOGLE_OAUTH_ACCESS_TOKEN",
		"DIGITALOCEAN_TOKEN", "DIGITALOCEAN_ACCESS_TOKEN",
		"HCLOUD_TOKEN", "OS_PASSWORD",
		"ALICLOUD_ACCESS_KEY", "ALICLOUD_SECRET_KEY",
		"IBMCLOUD_API_KEY", "LINODE_TOKEN", "CLOUDFLARE_API_TOKEN",
	}
}

// service is a policy of services.
func service(why string, v variable, judged validation) policy {
	return policy{
		why:         why,
		rules:       []rule{{"", []string{"services"}, []string{"CREATE", "UPDATE"}}},
		conditions:  []condition{ownSpecChanged()},
		variables:   []variable{v},
		validations: []validation{judged},
	}
}

// members are the groups that hold all rights already: kubeadm's administrators, and the one that
// the API server itself belongs to.
func members(more []string) []string {
	out := []string{"kubeadm:cluster-admins", "system:masters"}
	for _, group := range more {
		if !slices.Contains(out, group) {
			out = append(out, group)
		}
	}
	return out
}

// guardedLabels judges the two subresources too: an update of either takes new labels (kubernetes
// v1.37.0, pkg/registry/core/namespace/strategy.go). A map's keys come in no order, and CEL of 1.33
// sorts nothing: the key at each place is the one that so many others are less than. The API server
// evaluates a message of what it allows too, so that work is spared who is allowed.
func guardedLabels(groups []string) policy {
	groups = members(groups)
	message := "only members of " + strings.Join(groups, ", ") + " may set, change or remove these labels"
	return policy{
		why:   "Labels that switch protections off in a namespace belong to administrators, not to who may change the namespace.",
		rules: []rule{{"", []string{"namespaces", "namespaces/finalize", "namespaces/status"}, []string{"CREATE", "UPDATE"}}},
		variables: []variable{
			{"allowed", "request.userInfo.?groups.orValue([]).exists(g, g in " + literals(groups) + ")"},
			{"new", "dyn(object).metadata.?labels.orValue({})"},
			{"old", `request.operation == "CREATE" ? {} : dyn(oldObject).metadata.?labels.orValue({})`},
			{"changed", `(
  variables.new.map(k, k).filter(k, !(k in variables.old) || variables.old[k] != variables.new[k]) +
  variables.old.map(k, k).filter(k, !(k in variables.new))
).filter(k, k.startsWith("` + LabelPrefix + `") || k.startsWith("pod-security.kubernetes.io/"))`},
			{"offenders", `variables.allowed ? [] : variables.changed.map(k, variables.changed.filter(o,
  variables.changed.filter(p, p < o).size() == variables.changed.indexOf(k)
)[0])`},
		},
		validations: []validation{{
			"variables.allowed || variables.changed.size() == 0",
			message,
			literal(message+": ") + ` + variables.offenders.join(", ")`,
		}},
	}
}
