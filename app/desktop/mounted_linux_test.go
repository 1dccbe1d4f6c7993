package desktop

import (
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// Only the numbers of the file systems are tried: mounting them needs their servers.
func TestModesThatComeFromAMount(t *testing.T) {
	for name, test := range map[string]struct {
		kind int64
		want bool
	}{
		"a share of Windows":         {unix.CIFS_SUPER_MAGIC, true},
		"a share, where int32 is it": {int64(int32(-11317950)), true}, // 0xFF534D42
		"drvfs of WSL 2":             {unix.V9FS_MAGIC, true},
		"drvfs of WSL 1":             {wslMagic, true},
		"VirtualBox":                 {vboxMagic, true},
		"FAT":                        {unix.MSDOS_SUPER_MAGIC, true},
		"NTFS":                       {ntfs3Magic, true},
		"ext4":                       {unix.EXT4_SUPER_MAGIC, false},
		"XFS":                        {unix.XFS_SUPER_MAGIC, false},
		"tmpfs":                      {unix.TMPFS_MAGIC, false},
		"NFS, which keeps modes":     {unix.NFS_SUPER_MAGIC, false},
	} {
		if got := mountsModes(test.kind); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestChmodIsNotOfferedWhereTheMountDecides(t *testing.T) {
	dir := t.TempDir()
	info, err := os.Lstat(dir)
	if err != nil {
		t.Fatal(err)
	}
	mounted, own := openError(dir, info, "go", true), openError(dir, info, "go", false)
	if !mounted.Open || !mounted.Mounted || mounted.Mend != "" || strings.Contains(mounted.Error(), "chmod") || !strings.Contains(mounted.Error(), dir) {
		t.Errorf("%+v: %v", mounted, mounted)
	}
	if !own.Open || own.Mounted || own.Mend != "chmod go-w "+dir || !strings.Contains(own.Error(), own.Mend) {
		t.Errorf("%+v: %v", own, own)
	}
}
