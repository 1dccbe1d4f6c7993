package localapi

import (
	"os"
	"path/filepath"
	"strconv"
)

// reach is the path of the socket of dir, and the address to open it by, valid until done
// is called. A path too long for an address is replaced by a short one. It follows from
// dir alone, so that both ends find it: not in the temporary directory, because another
// TMPDIR means another one. private makes or checks the short one's directory.
func reach(dir string, private func(dir string) error) (path, address string, done func(), err error) {
	path = filepath.Join(dir, socketName)
	if len(path) > socketPathMax {
		short := filepath.Join("/private/tmp", "portico-"+strconv.Itoa(os.Geteuid())+"-"+digest(dir))
		if err := private(short); err != nil {
			return "", "", nil, err
		}
		path = filepath.Join(short, socketName)
	}
	return path, path, func() {}, nil
}
