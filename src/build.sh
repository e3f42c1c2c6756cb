# For ./pluginlens and ./test. compile ARGUMENTS...: dotnet ARGUMENTS, with one compiler for the whole build, which is dismissed at its end.
# The runtime does not profile the compiler and the build meanwhile: in so short a life that costs more than it brings.
compile() {
    compile_id=pluginlens-$$
    compile_code=0
    DOTNET_TieredPGO=0 dotnet "$@" -p:UseSharedCompilation=true "-p:SharedCompilationId=$compile_id" || compile_code=$?
    sdk=$(dotnet --version)
    "$(dotnet --list-sdks | sed -n "s/^$sdk \[\(.*\)\]$/\1/p")/$sdk/Roslyn/bincore/VBCSCompiler" "-pipename:$compile_id" -shutdown > /dev/null 2>&1 || true
    return "$compile_code"
}
