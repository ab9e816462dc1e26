package pipeline

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/hardstrap/hardstrap/internal/auditpolicy"
	"github.com/hardstrap/hardstrap/internal/diag"
	"github.com/hardstrap/hardstrap/internal/keys"
	"github.com/hardstrap/hardstrap/internal/settings"
	"github.com/hardstrap/hardstrap/profiles"
)

// KeyMode says where encryption keys come from.
type KeyMode uint8

// The ways to keys.
const (
	ReadKeys        KeyMode = iota // from the key file, which must exist
	MakeKeys                       // from the key file, or new ones where there is none
	PlaceholderKeys                // none: a marked placeholder, for reviews and golden files
	KnownKeys                      // from the key file, or a placeholder where there is none; for comparisons
)

// findKeys reads or makes the keys that the profile's provider needs.
func (c *Cluster) findKeys(out string, mode KeyMode) error {
	e := c.Loaded.Profile.APIServer.Encryption
	provider := string(e.Provider)
	writes := slices.Contains(keys.Providers(), provider)
	switch {
	case provider == "" || provider == "none":
		return nil
	case mode == PlaceholderKeys:
		if writes {
			c.Ring = keys.Placeholder(provider)
		}
		return nil
	case writes:
		c.KeyFile = c.keyFile(out)
		return c.writingKeys(provider, mode)
	}
	return c.readingKeys(c.keyFile(out), e.KeyFile != "" && mode != KnownKeys)
}

// writingKeys reads the key file, or makes a ring that SaveKeys keeps there.
func (c *Cluster) writingKeys(provider string, mode KeyMode) error {
	ring, err := keys.Read(c.KeyFile, provider)
	if missing := new(keys.MissingError); errors.As(err, &missing) {
		if mode == KnownKeys {
			c.Ring = keys.Placeholder(provider)
			return nil
		}
		if mode != MakeKeys {
			return c.noKeyFile(c.KeyFile, "make one with --new-keys, put an existing one there, or render a review copy with --without-keys")
		}
		ring, err = keys.New(provider)
		c.NewKeys = err == nil
	}
	c.Ring = ring
	return err
}

// readingKeys reads the key file, where there is one, for a provider that has no keys of its own
// (kms, identity): what was encrypted before the provider changed must stay readable.
func (c *Cluster) readingKeys(file string, named bool) error {
	ring, err := keys.ReadAll(file)
	if missing := new(keys.MissingError); errors.As(err, &missing) {
		if named {
			return c.noKeyFile(file, "put it there, or take keyFile away")
		}
		return nil
	}
	if err == nil {
		c.KeyFile, c.Ring = file, ring
	}
	return err
}

func (c *Cluster) noKeyFile(file, hint string) error {
	return diag.List{{
		Position: c.position("apiServer", "encryption", "provider"), Path: "apiServer.encryption",
		Message: "no key file " + quote(file), Hint: hint,
	}}
}

// keyFile returns the profile's key file: the one it names, keys/<file> beside the profile, or
// for a built-in keys/<name> beside the output.
func (c *Cluster) keyFile(out string) string {
	if file := c.Loaded.Path("apiServer", "encryption", "keyFile"); file != "" {
		return file
	}
	if c.Loaded.File == "" {
		return filepath.Join(filepath.Dir(filepath.Clean(out)), "keys", c.Loaded.Name+".yaml")
	}
	base := filepath.Base(c.Loaded.File)
	return filepath.Join(c.Loaded.Dir, "keys", base[:len(base)-len(filepath.Ext(base))]+".yaml")
}

// SaveKeys keeps new keys in their file. It is called before the bundle that holds them is
// written: a key that is in a cluster and nowhere else would be lost with the bundle.
func (c *Cluster) SaveKeys() error {
	if !c.NewKeys {
		return nil
	}
	c.NewKeys = false
	return c.Ring.Save(c.KeyFile)
}

// maxPolicy bounds the size of a user's audit policy.
const maxPolicy = 1 << 20

// auditPolicy reads the policy file that the profile names, or returns nil.
func (c *Cluster) auditPolicy() (*settings.Value, error) {
	file := c.Loaded.Path("apiServer", "audit", "policyFile")
	if file == "" {
		return nil, nil
	}
	text, err := readRegular(file, maxPolicy)
	if err != nil {
		return nil, diag.List{{Position: c.position("apiServer", "audit", "policyFile"), Path: "apiServer.audit.policyFile", Message: err.Error()}}
	}
	if what, line := profiles.HoldsSecrets(text); what != "" {
		return nil, diag.List{{
			Position: diag.Position{File: file, Line: line},
			Message:  "this is not an audit policy: it holds " + what,
			Hint:     "name the policy's file in apiServer.audit.policyFile",
		}}
	}
	c.Loaded.Sources[file] = text
	policy, problems := auditpolicy.Parse(file, text, c.Minor.Name)
	if err := problems.Err(); err != nil {
		return nil, err
	}
	return policy, nil
}

// readRegular reads a regular file of at most limit bytes; devices and pipes could block or
// never end.
func readRegular(file string, limit int64) ([]byte, error) {
	info, err := os.Stat(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, errors.New("there is no file " + quote(file))
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, errors.New(quote(file) + " is not a regular file")
	case info.Size() > limit:
		return nil, errors.New(quote(file) + " is larger than 1 MiB")
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, limit))
}

func quote(s string) string { return strconv.Quote(s) }
