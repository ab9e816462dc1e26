package admissionpolicy

import "strings"

// Policies that are treated apart.
const (
	exec            = "exec"
	namespaceLabels = "namespace-labels"
)

// policyOf returns a policy by its name. Messages are part of the contract with users: scripts and
// people look for them.
func policyOf(name string, with Parameters) (policy, bool) {
	switch name {
	case "privilege-escalation":
		return containers("Containers must give up gaining more privileges than they start with.",
			onLinux(containersWhere("c.?securityContext.?allowPrivilegeEscalation.orValue(true)")),
			"securityContext.allowPrivilegeEscalation must be false").with(windows()), true
	case "privileged":
		return privileged(), true
	case "read-only-root-filesystem":
		return containers("Containers must not be able to change their own files.",
			onLinux(containersWhere("!c.?securityContext.?readOnlyRootFilesystem.orValue(false)")),
			"securityContext.readOnlyRootFilesystem must be true").with(windows()), true
	case "allowed-registries":
		return images("Images must come from registries that are trusted.",
			"qualified", "!variables.registries.exists(r, i.image.startsWith(r))",
			"image must come from "+strings.Join(with.Registries, ", ")).with(qualified(), registries(with.Registries)), true
	case "image-digests":
		return images("Images must be named by what they hold, so that nobody can exchange them.",
			"images", `!i.image.matches("@sha256:[0-9a-f]{64}$")`,
			"image must be named by its digest (@sha256:...)"), true
	case "resources":
		return resources(), true
	case "host-path":
		return volumes("Pods must not see directories of the node.",
			"has(v.hostPath)",
			"hostPath volumes are not allowed"), true
	case "host-namespaces":
		return pod("Pods must not share the node's network, processes or IPC.",
			variable{"offenders", `["hostNetwork", "hostPID", "hostIPC"].filter(f, variables.spec[?f].orValue(false))`},
			nobody("offenders", "hostNetwork, hostPID and hostIPC must not be true")), true
	case "host-ports":
		return containers("Pods must not take ports of the node.",
			containersWhere("c.?ports.orValue([]).exists(p, p.?hostPort.orValue(0) != 0)"),
			"hostPort must not be set"), true
	case "runtime-sockets":
		return runtimeSockets(), true
	case "ssh-port":
		return containers("Containers must not offer SSH: who needs a shell asks the API server, which keeps a record.",
			containersWhere("c.?ports.orValue([]).exists(p, p.?containerPort.orValue(0) == 22)"),
			"containerPort 22 is not allowed"), true
	case "seccomp":
		return containers("Containers must not switch the filter of system calls off.",
			podWhere(unconfined("variables.spec", "seccompProfile"))+containersWhere(unconfined("c", "seccompProfile")),
			"seccompProfile.type must not be Unconfined"), true
	case "apparmor":
		return containers("Containers must not switch AppArmor off.",
			podWhere(unconfined("variables.spec", "appArmorProfile"))+containersWhere(unconfined("c", "appArmorProfile")+" ||\n"+
				`variables.annotations[?("container.apparmor.security.beta.kubernetes.io/" + c.name)].orValue("") == "unconfined"`),
			"appArmorProfile.type must not be Unconfined").with(podAnnotations()), true
	case "default-service-account":
		return pod("Pods must use a service account of their own, so that rights given to one are not given to all.",
			variable{"account", `variables.spec.?serviceAccountName.orValue("") != "" ?
variables.spec.serviceAccountName :
variables.spec.?serviceAccount.orValue("")`},
			validation{`!(variables.account in ["", "default"])`, "serviceAccountName must name a service account other than default", ""}), true
	case "token-automount":
		return pod("Pods get a token for the API server only where somebody asked for it.",
			variable{"said", "has(variables.spec.automountServiceAccountToken)"},
			validation{"variables.said", "automountServiceAccountToken must be false, or true where the pod needs a token", ""}), true
	case "cloud-credentials":
		return containers("Credentials of clouds must not stand in environment variables, where everybody who may see the pod reads them.",
			containersWhere("c.?env.orValue([]).exists(e, e.name in variables.forbidden)"),
			"cloud credentials must not stand in environment variables").with(variable{"forbidden", literals(append(credentials(), with.Variables...))}), true
	case "node-ports":
		return service("Services must not open ports of every node.",
			variable{"type", `dyn(object).spec.?type.orValue("ClusterIP")`},
			validation{`variables.type != "NodePort"`, "type NodePort is not allowed", ""}), true
	case "external-ips":
		return service("Services must not take addresses that are not theirs: who may set externalIPs can take over others' traffic.",
			variable{"offenders", "dyn(object).spec.?externalIPs.orValue([])"},
			nobody("offenders", "externalIPs are not allowed")), true
	case exec:
		return policy{
			why:         "Nobody runs commands in pods of these namespaces.",
			rules:       []rule{{resources: []string{"pods/exec", "pods/attach"}, operations: []string{"CONNECT"}}},
			validations: []validation{{"false", "exec and attach are not allowed in this namespace", ""}},
		}, true
	case namespaceLabels:
		return guardedLabels(with.Groups), true
	}
	return policy{}, false
}

// with adds variables before those that a policy has of its own.
func (p policy) with(own ...variable) policy {
	at := len(p.variables) - 1 // the last one finds the offenders
	p.variables = append(append(p.variables[:at:at], own...), p.variables[at:]...)
	return p
}

// pod is a policy of pods and of what makes them.
func pod(why string, v variable, judged ...validation) policy {
	write := []string{"CREATE", "UPDATE"}
	return policy{
		why: why,
		rules: []rule{
			{"", []string{"pods", "pods/ephemeralcontainers", "replicationcontrollers"}, write},
			{"apps", []string{"daemonsets", "deployments", "replicasets", "statefulsets"}, write},
			{"batch", []string{"cronjobs", "jobs"}, write},
		},
		conditions:  []condition{notANode(), podSpecChanged()},
		variables:   []variable{podSpec(), v},
		validations: judged,
	}
}

// containers is a policy of pods that names offenders among the containers.
func containers(why, offenders, message string) policy {
	return pod(why, variable{"offenders", offenders}, nobody("offenders", message)).with(allContainers())
}

// volumes is a policy of pods that names the volumes that a condition on v holds for.
func volumes(why, condition, message string) policy {
	return pod(why, variable{"offenders", namesWhere("volumes", "v", condition)}, nobody("offenders", message)).with(allVolumes())
}

func allVolumes() variable { return variable{"volumes", "variables.spec.?volumes.orValue([])"} }

// images is a policy of pods that names the images of a list, of containers and of volumes, that a
// condition on i holds for.
func images(why, list, condition, message string) policy {
	return pod(why, variable{"offenders", namesWhere(list, "i", condition)}, nobody("offenders", message)).
		with(allContainers(), allVolumes(), variable{"images", `variables.containers
  .map(c, {"name": string(c.name), "image": string(c.?image.orValue(""))}) +
variables.volumes
  .filter(v, has(v.image))
  .map(v, {"name": "volume " + v.name, "image": string(v.image.?reference.orValue(""))})`})
}
