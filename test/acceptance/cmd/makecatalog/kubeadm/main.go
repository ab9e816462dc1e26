// Command kubeadm prints the part of the catalog that kubeadm's own code knows: what it sets by itself on every
// component of a default cluster, and what its own configuration accepts.
//
// Values that are a node's or a cluster's own appear with the sample values named in the part.
package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"
	kubeadmapi "k8s.io/kubernetes/cmd/kubeadm/app/apis/kubeadm"
	kubeadmscheme "k8s.io/kubernetes/cmd/kubeadm/app/apis/kubeadm/scheme"
	"k8s.io/kubernetes/cmd/kubeadm/app/apis/kubeadm/validation"
	"k8s.io/kubernetes/cmd/kubeadm/app/constants"
	"k8s.io/kubernetes/cmd/kubeadm/app/features"
	kubeadmconfig "k8s.io/kubernetes/cmd/kubeadm/app/util/config"

	"github.com/hardstrap/hardstrap/test/acceptance/cmd/makecatalog/facts"
	"github.com/hardstrap/hardstrap/test/acceptance/cmd/makecatalog/facts/kube"
)

func main() { kube.Main(read) }

type section struct {
	EtcdVersion          string                    `json:"etcdVersion"`
	MinimumKubernetes    string                    `json:"minimumKubernetes"`
	EncryptionAlgorithms []string                  `json:"encryptionAlgorithms"`
	ConfigVersions       []string                  `json:"configVersions"`
	ExperimentalVersions []string                  `json:"experimentalVersions,omitempty"`
	FeatureGates         map[string]facts.Gate     `json:"featureGates"`
	Sample               map[string]string         `json:"sample"`
	Args                 map[string][]arg          `json:"args"`
	Configs              map[string]map[string]any `json:"configs"`
}

func read() (*facts.Part, error) {
	s := section{
		EtcdVersion:       constants.DefaultEtcdVersion,
		MinimumKubernetes: constants.MinimumControlPlaneVersion.String(),
		FeatureGates:      map[string]facts.Gate{},
		Sample:            sample(),
	}
	for name, f := range features.InitFeatureGates {
		stage := string(f.PreRelease)
		if stage == "" {
			stage = "GA"
		}
		s.FeatureGates[name] = facts.Gate{Stage: stage, Default: f.Default, Locked: f.LockToDefault}
	}
	var err error
	if s.EncryptionAlgorithms, err = encryptionAlgorithms(); err != nil {
		return nil, err
	}
	if s.Args, err = args(); err != nil {
		return nil, err
	}
	if s.Configs, err = componentConfigs(); err != nil {
		return nil, err
	}
	if err := s.configVersions(); err != nil {
		return nil, err
	}
	versions := map[string][]string{}
	for _, kind := range []string{"InitConfiguration", "ClusterConfiguration", "JoinConfiguration", "UpgradeConfiguration"} {
		known, err := kube.APIVersions([]string{kind}, kubeadmscheme.Scheme)
		if err != nil {
			return nil, err
		}
		versions[kind] = slices.DeleteFunc(known[kind], func(v string) bool { return !slices.Contains(s.ConfigVersions, v) })
	}
	return &facts.Part{APIVersions: versions, Sections: map[string]any{"kubeadm": s}}, nil
}

// configVersions sorts the versions of kubeadm's own API by whether kubeadm loads a file of them without being asked
// to allow what is experimental. The version kubeadm writes itself comes first.
func (s *section) configVersions() error {
	for _, gv := range kubeadmscheme.Scheme.PrioritizedVersionsForGroup(kubeadmapi.GroupName) {
		_, err := kubeadmconfig.BytesToInitConfiguration(sampleConfig(gv.String(), ""), true)
		switch {
		case err == nil:
			s.ConfigVersions = append(s.ConfigVersions, gv.String())
		case strings.Contains(err.Error(), "experimental"):
			s.ExperimentalVersions = append(s.ExperimentalVersions, gv.String())
		default:
			return fmt.Errorf("loading %s: %w", gv, err)
		}
	}
	return nil
}

// encryptionAlgorithms reads the list out of the message of the validation and checks each against the validation.
func encryptionAlgorithms() ([]string, error) {
	path := field.NewPath("encryptionAlgorithm")
	errs := validation.ValidateEncryptionAlgorithm("none", path)
	if len(errs) != 1 {
		return nil, fmt.Errorf("an unknown encryption algorithm gives %d errors, not one", len(errs))
	}
	list := regexp.MustCompile(`Must be one of \[(.*)\]`).FindStringSubmatch(errs[0].Detail)
	if list == nil {
		return nil, fmt.Errorf("no list of algorithms in %q", errs[0].Detail)
	}
	algorithms := strings.Fields(list[1])
	for _, a := range algorithms {
		if errs := validation.ValidateEncryptionAlgorithm(kubeadmapi.EncryptionAlgorithmType(a), path); len(errs) > 0 {
			return nil, errs.ToAggregate()
		}
	}
	slices.Sort(algorithms)
	return algorithms, nil
}
