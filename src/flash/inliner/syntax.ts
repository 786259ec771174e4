import ts from 'typescript'

/** What can be inlined: a function or method with a body. */
export type Callee = (ts.FunctionDeclaration | ts.MethodDeclaration) & { readonly body: ts.Block }

/** A statement that is one call and what becomes of its result. */
export type CallForm =
    | { kind: 'discard'; statement: ts.ExpressionStatement; call: ts.CallExpression }
    | { kind: 'assign'; statement: ts.ExpressionStatement; call: ts.CallExpression; target: ts.Expression }
    | { kind: 'declare'; statement: ts.VariableStatement; call: ts.CallExpression; name: ts.Identifier }
    | { kind: 'return'; statement: ts.ReturnStatement; call: ts.CallExpression }
    | { kind: 'condition'; statement: ts.IfStatement; call: ts.CallExpression; negated: boolean }

/** The form of a statement that is one call: `f()`, `x = f()`, `const x = f()`, `return f()`, `if (f())`, `if (!f())`. */
export function callForm(statement: ts.Statement): CallForm | undefined {
    if (ts.isExpressionStatement(statement)) {
        const expression = bare(statement.expression)
        if (ts.isCallExpression(expression)) return { kind: 'discard', statement, call: expression }
        if (!ts.isBinaryExpression(expression) || expression.operatorToken.kind !== ts.SyntaxKind.EqualsToken) return
        const call = bare(expression.right)
        const target = bare(expression.left)
        if (ts.isCallExpression(call) && isPlainTarget(target)) return { kind: 'assign', statement, call, target }
    } else if (ts.isVariableStatement(statement)) {
        const [declaration, ...others] = statement.declarationList.declarations
        if (others.length > 0 || !declaration.initializer || !ts.isIdentifier(declaration.name)) return
        if ((statement.declarationList.flags & ts.NodeFlags.BlockScoped) === 0) return
        const call = bare(declaration.initializer)
        if (ts.isCallExpression(call)) return { kind: 'declare', statement, call, name: declaration.name }
    } else if (ts.isReturnStatement(statement) && statement.expression) {
        const call = bare(statement.expression)
        if (ts.isCallExpression(call)) return { kind: 'return', statement, call }
    } else if (ts.isIfStatement(statement)) {
        let condition = bare(statement.expression)
        const negated = ts.isPrefixUnaryExpression(condition) && condition.operator === ts.SyntaxKind.ExclamationToken
        if (negated) condition = bare((condition as ts.PrefixUnaryExpression).operand)
        if (ts.isCallExpression(condition)) return { kind: 'condition', statement, call: condition, negated }
    }
    return undefined
}

/** Evaluating the target before or after the call is the same: `x`, `this.x`, `a.x`. */
function isPlainTarget(target: ts.Expression): boolean {
    if (ts.isIdentifier(target)) return true
    if (!ts.isPropertyAccessExpression(target) || target.questionDotToken) return false
    return target.expression.kind === ts.SyntaxKind.ThisKeyword || ts.isIdentifier(target.expression)
}

/** Without the parentheses around it. */
export function bare(expression: ts.Expression): ts.Expression {
    while (ts.isParenthesizedExpression(expression)) expression = expression.expression
    return expression
}

/** The function that a node's code belongs to; undefined at module level. */
export function enclosingFunction(node: ts.Node): ts.FunctionLikeDeclaration | undefined {
    for (let at = node.parent; at; at = at.parent) {
        if (ts.isFunctionLike(at)) return at as ts.FunctionLikeDeclaration
        if (ts.isPropertyDeclaration(at) || ts.isClassStaticBlockDeclaration(at)) return undefined
    }
    return undefined
}

/** `Class.method`, `function`, `Class.constructor`; of a closure, its surrounding function's name. */
export function functionName(node: ts.Node | undefined): string {
    if (!node) return '(module)'
    if (ts.isConstructorDeclaration(node)) return className(node) + '.constructor'
    const name = (node as ts.FunctionLikeDeclaration).name?.getText()
    if (ts.isMethodDeclaration(node)) return className(node) + '.' + name
    return name ?? functionName(enclosingFunction(node))
}

function className({ parent }: ts.Node): string {
    return ts.isClassLike(parent) ? (parent.name?.text ?? '(class)') : '(object)'
}

/** Calls `visit` for a node and all below it. */
export function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
    visit(node)
    ts.forEachChild(node, child => walk(child, visit))
}

/** `a = b`, `a += b`, … */
export function isAssignment(node: ts.Node): node is ts.AssignmentExpression<ts.AssignmentOperatorToken> {
    if (!ts.isBinaryExpression(node)) return false
    const { kind } = node.operatorToken
    return kind >= ts.SyntaxKind.FirstAssignment && kind <= ts.SyntaxKind.LastAssignment
}

/** What a node assigns to: `a` in `a = b`, `a += b`, `a++`, `--a`; undefined when it is no assignment. */
export function assignmentTarget(node: ts.Node): ts.Expression | undefined {
    if (isAssignment(node)) return node.left
    if (!ts.isPrefixUnaryExpression(node) && !ts.isPostfixUnaryExpression(node)) return undefined
    const { operator, operand } = node
    return operator === ts.SyntaxKind.PlusPlusToken || operator === ts.SyntaxKind.MinusMinusToken ? operand : undefined
}

/** Whether a function or class is written anywhere in a node. */
export function containsFunction(node: ts.Node): boolean {
    let found = false
    walk(node, child => {
        if (ts.isClassLike(child) || (ts.isFunctionLike(child) && 'body' in child)) found = true
    })
    return found
}

/** The return statements of a function's body. There are no functions inside it. */
export function returnsOf(body: ts.Node): ts.ReturnStatement[] {
    const returns: ts.ReturnStatement[] = []
    walk(body, node => {
        if (ts.isReturnStatement(node)) returns.push(node)
    })
    return returns
}

/** Whether the end of statements may be reached; true where that is not plain to see. */
export function mayComplete(statements: readonly ts.Statement[]): boolean {
    return statements.every(statement => {
        if (ts.isReturnStatement(statement) || ts.isThrowStatement(statement)) return false
        if (ts.isBlock(statement)) return mayComplete(statement.statements)
        if (!ts.isIfStatement(statement) || !statement.elseStatement) return true
        return mayComplete([statement.thenStatement]) || mayComplete([statement.elseStatement])
    })
}
