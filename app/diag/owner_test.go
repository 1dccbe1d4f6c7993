package diag

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portico-desktop/portico/app/desktop"
	"github.com/portico-desktop/portico/app/localapi"
)

func TestWhatIsSaidOfFoldersOfOthers(t *testing.T) {
	for name, test := range map[string]struct {
		err  desktop.OwnerError
		want localapi.Problem
	}{
		"another user's": {desktop.OwnerError{Dir: "/srv/p", Owner: "kim"},
			localapi.Problem{Code: localapi.FolderOfOther, Params: map[string]string{"file": "/srv/p", "owner": "kim"}}},
		"another user's in one's home": {desktop.OwnerError{Dir: "/home/ada/p", Owner: "kim", InHome: true, Mend: "sudo chown"},
			localapi.Problem{Code: localapi.FolderInHome, Params: map[string]string{"file": "/home/ada/p", "owner": "kim", "command": "sudo chown"}}},
		"open": {desktop.OwnerError{Dir: "/srv/p", Open: true, Mend: "chmod go-w /srv/p"},
			localapi.Problem{Code: localapi.FolderOpen, Params: map[string]string{"file": "/srv/p", "command": "chmod go-w /srv/p"}}},
		"open by its mount": {desktop.OwnerError{Dir: "/mnt/c/p", Open: true, Mounted: true},
			localapi.Problem{Code: localapi.FolderMounted, Params: map[string]string{"file": "/mnt/c/p"}}},
		"root's": {desktop.OwnerError{Dir: "/home/ada/p", Owner: "root", Mend: "sudo chown"},
			localapi.Problem{Code: localapi.FolderOfRoot, Params: map[string]string{"file": "/home/ada/p", "command": "sudo chown"}}},
	} {
		if diff := cmp.Diff(&test.want, OwnerProblem(&test.err)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
