package admissionpolicy

import "strings"

// byKind writes an expression that depends on where an object has its pod; write gets the path
// from the object to what holds the pod's metadata and spec, "" or with a dot at its end.
func byKind(write func(path string) string) string {
	return `object.kind == "Pod" ? ` + write("") + " :\n" +
		`object.kind == "CronJob" ? ` + write("spec.jobTemplate.spec.template.") + " :\n" +
		write("spec.template.")
}

// podSpec is the spec of the pod, or of a workload's template. dyn keeps the type checker of the
// status controller from complaining of each kind about the fields of the others
// (k8s.io/apiserver v0.37.0, pkg/admission/plugin/policy/validating/typechecking.go).
func podSpec() variable {
	return variable{"spec", byKind(func(path string) string { return "dyn(object)." + path + "spec" })}
}

// podAnnotations is the annotations beside that spec.
func podAnnotations() variable {
	return variable{"annotations", byKind(func(path string) string {
		return "dyn(object)." + path + "?metadata.?annotations.orValue({})"
	})}
}

// allContainers is every container, in the order in which messages name them.
func allContainers() variable {
	return variable{"containers", `variables.spec.?containers.orValue([]) +
variables.spec.?initContainers.orValue([]) +
variables.spec.?ephemeralContainers.orValue([])`}
}

// windows tells whether the pod says that it is for Windows, which has no such setting. A node
// of another system does not run a pod that says so (kubernetes v1.37.0,
// pkg/kubelet/lifecycle/predicate.go).
func windows() variable {
	return variable{"windows", `variables.spec.?os.?name.orValue("") == "windows"`}
}

// containersWhere names the containers that a condition on c holds for.
func containersWhere(condition string) string { return namesWhere("containers", "c", condition) }

func namesWhere(list, element, condition string) string {
	return "variables." + list + "\n  .filter(" + element + ", " + indented(condition) + ")\n  .map(" + element + ", " + element + ".name)"
}

// podWhere is the pod as an offender, before others.
func podWhere(condition string) string {
	return "(" + condition + " ? [\"pod\"] : []) +\n"
}

// onLinux takes every offender away from a pod that is for Windows.
func onLinux(offenders string) string { return "variables.windows ? [] : " + offenders }

// indented moves the lines after the first to the right.
func indented(text string) string { return strings.ReplaceAll(text, "\n", "\n    ") }

// condition decides whether a policy judges a request at all.
type condition struct{ name, expression string }

// podSpecChanged leaves alone what does not touch the pod's spec, so that what was there before
// can be scaled, labelled and deleted.
func podSpecChanged() condition {
	return condition{"spec-changed", "request.operation == \"CREATE\" || (\n  " +
		strings.ReplaceAll(byKind(func(path string) string {
			return "object." + path + "spec != oldObject." + path + "spec"
		}), "\n", "\n  ") + "\n)"}
}

func ownSpecChanged() condition {
	return condition{"spec-changed", `request.operation == "CREATE" || object.spec != oldObject.spec`}
}

// notANode leaves mirror pods alone: a kubelet reports what it runs already.
func notANode() condition {
	return condition{"not-a-node", `!("system:nodes" in request.userInfo.?groups.orValue([]))`}
}
