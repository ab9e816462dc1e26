package catalog_test

import (
	"fmt"

	"github.com/hardstrap/hardstrap/internal/catalog"
)

func Example() {
	m, err := catalog.For("1.37.0")
	if err != nil {
		fmt.Println(err)
		return
	}
	flag, _ := m.Flag("kube-apiserver", "audit-log-maxage")
	fmt.Println(flag.Name, flag.Type, flag.Default)

	field, _ := m.Field("KubeletConfiguration", "authentication.anonymous.enabled")
	fmt.Println(field.Path, field.Type, field.Default)

	old, _ := m.Removed("kube-apiserver", "kubelet-https")
	fmt.Println(old.Name, "since", old.Since)

	first, last, _ := catalog.Since("kube-apiserver", catalog.ThingFlag, "tls-curve-preferences")
	fmt.Println("tls-curve-preferences from", first, "to", last)

	direction, _ := catalog.DirectionOf("kube-apiserver:--profiling")
	fmt.Println("profiling on is", direction.Compare("false", "true"))
	// Output:
	// audit-log-maxage int 366
	// authentication.anonymous.enabled bool false
	// kubelet-https since 1.22
	// tls-curve-preferences from 1.36 to 1.37
	// profiling on is weaker
}
