//go:build linux || darwin

package desktop

import (
	"os"
	"os/user"
	"path/filepath"
	"testing"
)

func TestGroupsThatOnlyOnePersonHas(t *testing.T) {
	ada := &user.User{Uid: "5001", Gid: "100", Username: "ada"}
	const others = "root:x:0:0::/root:/bin/sh\n"
	for name, test := range map[string]struct {
		gid           uint32
		groups, users string
		want          bool
	}{
		"a private group by name":                     {100, "ada:x:100:\n", others + "ada:x:5001:100::/:\n", true},
		"a private group by number":                   {5001, "staff:x:5001:\n", others, true},
		"of a person and a group of a directory":      {5001, "", others, true},
		"of a person of a directory, by name":         {100, "ada:x:100:ada,root\n", others, true},
		"a local group of people of a directory":      {100, "users:x:100:\n", others, false},
		"a local group of local people and others":    {100, "users:x:100:\n", others + "ada:x:5001:100::/:\n", false},
		"a group of a directory":                      {100, "", others, false},
		"a private group with another member":         {100, "ada:x:100:bob\n", others, false},
		"a private group that is another's first one": {5001, "ada:x:5001:\n", others + "bob:x:5002:5001::/:\n", false},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			groups, users := filepath.Join(dir, "group"), filepath.Join(dir, "passwd")
			for file, text := range map[string]string{groups: test.groups, users: test.users} {
				if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if got := isPrivate(test.gid, ada, groups, users); got != test.want {
				t.Errorf("private: %v", got)
			}
		})
	}
	if isPrivate(100, &user.User{Uid: "5001"}, "/dev/null", "/dev/null") {
		t.Error("a group without a name is of a user without one")
	}
}
