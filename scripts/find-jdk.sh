# Sourced by ./vmferry, ./mvnw, ./test and .ci/run: points JAVA_HOME at a JDK 25 or newer, or says what to install.
# POSIX sh; sets JAVA_HOME and leaves everything else alone. Order: JAVA_HOME, java on the PATH, the usual folders.

vmferry_jdk_major() {
  # The release file avoids starting a JVM for every candidate.
  [ -x "$1/bin/javac" ] && [ -r "$1/release" ] || return 1
  vmferry_version=$(sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$1/release")
  [ -n "$vmferry_version" ] && [ "$vmferry_version" -ge 25 ]
}

vmferry_find_jdk() {
  if [ -n "${JAVA_HOME-}" ] && vmferry_jdk_major "$JAVA_HOME"; then
    return 0
  fi
  vmferry_on_path=$(command -v javac 2>/dev/null || true)
  if [ -n "$vmferry_on_path" ]; then
    vmferry_on_path=$(dirname "$(dirname "$(readlink -f "$vmferry_on_path")")")
  fi
  for vmferry_candidate in "$vmferry_on_path" \
    /usr/lib/jvm/* /usr/java/* /opt/java/* /opt/jdk* \
    "${HOME-}"/.sdkman/candidates/java/* "${HOME-}"/.jdks/* \
    /Library/Java/JavaVirtualMachines/*/Contents/Home; do
    if [ -n "$vmferry_candidate" ] && vmferry_jdk_major "$vmferry_candidate"; then
      JAVA_HOME=$vmferry_candidate
      export JAVA_HOME
      return 0
    fi
  done
  cat >&2 <<'MESSAGE'
vmferry needs a JDK 25 or newer and found none (looked at JAVA_HOME, the PATH, /usr/lib/jvm, ~/.sdkman, ~/.jdks).
Install one, for example:
  Debian, Ubuntu   apt-get install temurin-25-jdk   (packages of Eclipse Adoptium), or openjdk-25-jdk where it exists
  Fedora, Amazon   dnf install java-25-openjdk-devel, or java-25-amazon-corretto-devel
  anywhere         sdk install java 25-tem          (SDKMAN)
or set JAVA_HOME to where it is.
MESSAGE
  return 1
}
